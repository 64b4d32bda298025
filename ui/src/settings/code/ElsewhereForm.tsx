import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../parts/Button";
import { TextField } from "../../parts/Field";
import { Confirm } from "../../parts/Modal";
import { toFailure, usePlatform } from "../../platform";
import { duration } from "../../text/format";
import s from "../Settings.module.css";
import c from "./CodePlace.module.css";
import { Refusal } from "./Refusal";
import { Waiting } from "./Waiting";

interface Props {
  /** The command in use; empty if code runs on this computer. */
  inUse: string;
  saving: boolean;
  onUse(command: string): void;
  /** Called before a new attempt, so that the last error disappears. */
  onRetry(): void;
}

/** The command that runs code elsewhere. You test it before you use it, or use it after a warning. */
export function ElsewhereForm({ inUse, saving, onUse, onRetry }: Props) {
  const platform = usePlatform();
  const [words, setWords] = useState(inUse);
  const [warning, setWarning] = useState(false);
  const trial = useMutation({ mutationFn: (command: string) => platform.call("test_repl", { command }) });
  const command = words.trim();
  const works = trial.isSuccess && trial.variables === command;
  const emptied = command === "" && inUse !== "";
  const cannotTry = command === "" ? "Write a command first" : undefined;
  const cannotUse = command === inUse ? (inUse ? "This command is in use" : cannotTry) : undefined;
  const tryIt = () => {
    onRetry();
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
        Plumb sends the text of every document that the code reads to that place, and its operator can read it. Your keys, your
        files and your past questions stay here.
      </p>
      <TextField
        label="Command"
        data-testid="code-command"
        className={c.command}
        value={words}
        placeholder="ssh -T me@server ./plumb-python"
        hint="It must start Plumb’s program plumb-python there. Plumb’s guide docs/sandboxes.md has commands to copy, for Docker, another computer or a rented one."
        onChange={(event) => {
          setWords(event.target.value);
          trial.reset();
          onRetry();
        }}
      />
      <div className={s.buttons}>
        {trial.isPending ? (
          // This only stops waiting; the host ends the command itself after two minutes.
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
            Test
          </Button>
        )}
        <Button
          look={works || emptied ? "primary" : "outline"}
          disabled={!!cannotUse || saving || trial.isPending}
          title={cannotUse}
          onClick={use}
          data-testid="code-use"
        >
          {emptied ? "Use this computer" : "Use this command"}
        </Button>
        <span className={s.said} role="status" data-good={works ? "" : undefined} data-testid="code-said">
          {trial.isPending && <Waiting />}
          {works && `It works: code there is sealed off, and was ready in ${duration(trial.data.elapsed_ms)}.`}
          {trial.isIdle && !emptied && cannotTry}
        </span>
      </div>
      {trial.error && <Refusal failure={toFailure(trial.error)} />}
      {warning && (
        <Confirm
          title="Use this command without a successful test?"
          about="Until it works, questions that need code fail. Plumb sends the text that the code reads wherever this command leads."
          action="Use it anyway"
          keep="Go back"
          onConfirm={useAnyway}
          onClose={() => setWarning(false)}
        />
      )}
    </form>
  );
}
