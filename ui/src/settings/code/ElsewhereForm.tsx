import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../parts/Button";
import { TextField } from "../../parts/Field";
import { Confirm } from "../../parts/Modal";
import { toFailure, usePlatform } from "../../platform";
import { duration } from "../../text/format";
import c from "./CodePlace.module.css";
import { Refusal } from "./Refusal";
import s from "../Settings.module.css";
import { Waiting } from "./Waiting";

interface Props {
  /** The command that is in use; empty: none. */
  inUse: string;
  saving: boolean;
  onUse(command: string): void;
  /** Another attempt begins: what was said about the last one is old news. */
  onAnew(): void;
}

/** The command that runs code elsewhere. It is tried before it is used, or used after a warning. */
export function ElsewhereForm({ inUse, saving, onUse, onAnew }: Props) {
  const platform = usePlatform();
  const [words, setWords] = useState(inUse);
  const [warning, setWarning] = useState(false);
  const trial = useMutation({ mutationFn: (command: string) => platform.call("test_repl", { command }) });
  const command = words.trim();
  const works = trial.isSuccess && trial.variables === command;
  const emptied = command === "" && inUse !== "";
  const cannotTry = command === "" ? "Write a command first" : undefined;
  const cannotUse = command === inUse ? (inUse ? "It is in use" : cannotTry) : undefined;
  const tryIt = () => {
    onAnew();
    trial.mutate(command);
  };
  const useAnyway = () => {
    trial.reset();
    onUse(command);
  };
  const use = () => (works || emptied ? onUse(command) : setWarning(true));
  return (
    <form
      style={{ display: "contents" }}
      onSubmit={(event) => {
        event.preventDefault();
        if (!cannotTry && !trial.isPending) tryIt();
      }}
    >
      <p className={c.about}>
        The text of every document that the code touches goes there. Who runs that place can read it. Your keys, the documents’
        files and your past questions stay here.
      </p>
      <TextField
        label="Command"
        data-testid="code-command"
        className={c.command}
        value={words}
        placeholder="ssh -T me@server ./plumb-python"
        hint="It must start Plumb’s program plumb-python there. The guide docs/sandboxes.md, which comes with Plumb, has commands to copy: for Docker, for another computer, for rented ones."
        onChange={(event) => {
          setWords(event.target.value);
          trial.reset();
          onAnew();
        }}
      />
      <div className={s.buttons}>
        {trial.isPending ? (
          // The page only stops waiting; the command itself is given up after two minutes.
          <Button onClick={() => trial.reset()} data-testid="code-try-cancel">
            Cancel
          </Button>
        ) : (
          <Button
            look={works || emptied || command === inUse ? "outline" : "primary"}
            type="submit"
            disabled={!!cannotTry}
            title={cannotTry}
            data-testid="code-try"
          >
            Try it
          </Button>
        )}
        <Button
          look={works || emptied ? "primary" : "outline"}
          disabled={!!cannotUse || saving || trial.isPending}
          title={cannotUse}
          onClick={use}
          data-testid="code-use"
        >
          {emptied ? "Go back to this computer" : "Use it"}
        </Button>
        <span className={s.said} role="status" data-good={works ? "" : undefined} data-testid="code-said">
          {trial.isPending && <Waiting />}
          {works && `It works: sealed off and ready after ${duration(trial.data.elapsed_ms)}.`}
          {trial.isIdle && !emptied && cannotTry}
        </span>
      </div>
      {trial.error && <Refusal failure={toFailure(trial.error)} />}
      {warning && (
        <Confirm
          title="Use it although it has not worked yet?"
          about="Until it works, questions that need code end with an error. And the text that code touches goes wherever this command leads."
          action="Use it anyway"
          keep="Go back"
          onConfirm={useAnyway}
          onClose={() => setWarning(false)}
        />
      )}
    </form>
  );
}
