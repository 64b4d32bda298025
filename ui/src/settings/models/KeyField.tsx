import { useRef } from "react";
import type { KeyState } from "../../bindings/KeyState";
import { Button } from "../../parts/Button";
import { TextField } from "../../parts/Field";
import { withKey, type Draft } from "./draft";
import s from "../Settings.module.css";
import type { Server } from "./useServer";

interface Props {
  draft: Draft;
  server: Server;
  onDraft(draft: Draft): void;
  onForgotten(): void;
}

/** The key of a server: typed, taken from the environment, or kept already. It is never shown again. */
export function KeyField({ draft, server, onDraft, onForgotten }: Props) {
  const { provider, keyState, given, forget } = server;
  const field = useRef<HTMLInputElement>(null);
  const present = keyState?.present ?? false;
  const variable = provider?.key_variable;
  const offered = variable !== undefined && !given && !present && draft.key === "" && draft.address.trim() === "";
  const placeholder = () => {
    if (given?.kind === "env") return `Taken from ${given.variable}`;
    if (given?.kind === "command") return "Taken from a command";
    if (present) return "A key is kept; type to replace it";
    return provider?.key_required ? "Paste your key" : "Only if the server wants one";
  };
  return (
    <>
      <TextField
        label="Key"
        ref={field}
        type="password"
        value={draft.key}
        placeholder={placeholder()}
        onChange={(event) => onDraft(withKey(draft, event.target.value))}
        hint={hint(keyState)}
      />
      {(present || offered) && (
        <div className={s.buttons} data-testid={offered ? "key-variable" : undefined}>
          {offered && (
            <>
              <span className={s.said}>{variable} is set on this computer.</span>
              <Button onClick={() => onDraft({ ...draft, variable })}>Use it as the key</Button>
            </>
          )}
          {present && (
            <Button
              look="quiet"
              onClick={() => {
                // The button that was pressed goes away.
                field.current?.focus();
                // What was tested was tested with the key.
                forget.mutate(undefined, { onSuccess: onForgotten });
              }}
            >
              Forget the key
            </Button>
          )}
        </div>
      )}
    </>
  );
}

function hint(kept: KeyState | undefined): string {
  if (!kept?.present) return "It will be kept in this computer's keychain, and goes only to this address.";
  if (kept.in_keychain) return "The key is in this computer's keychain, and goes only to this address.";
  return `The key is kept only until Plumb ends${kept.reason ? `: ${kept.reason}` : "."}`;
}
