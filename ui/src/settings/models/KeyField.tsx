import { useRef } from "react";
import type { KeyState } from "../../bindings/KeyState";
import { Button } from "../../parts/Button";
import { TextField } from "../../parts/Field";
import s from "../Settings.module.css";
import { withKey, type Draft } from "./draft";
import type { Server } from "./useServer";

interface Props {
  draft: Draft;
  server: Server;
  onDraft(draft: Draft): void;
  onForgotten(): void;
}

/** The key of a server: typed, from the environment, or stored already. A stored key is never shown. */
export function KeyField({ draft, server, onDraft, onForgotten }: Props) {
  const { provider, keyState, given, forget } = server;
  const field = useRef<HTMLInputElement>(null);
  const present = keyState?.present ?? false;
  const variable = provider?.key_variable;
  const offered = variable !== undefined && !given && !present && draft.key === "" && draft.address.trim() === "";
  const placeholder = () => {
    if (given?.kind === "env") return `From ${given.variable}`;
    if (given?.kind === "command") return "From a command";
    if (present) return "A key is stored; type to replace it";
    return provider?.key_required ? "Paste your key" : "Only if the server needs one";
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
                // This button disappears, so the focus needs a new place.
                field.current?.focus();
                // An earlier test used the key, so its result no longer holds.
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
  if (!kept?.present) return "Plumb stores the key in this computer's keychain and sends it only to this address.";
  if (kept.in_keychain) return "The key is in this computer's keychain. Plumb sends it only to this address.";
  return `Plumb forgets the key when it closes${kept.reason ? `: ${kept.reason}` : "."}`;
}
