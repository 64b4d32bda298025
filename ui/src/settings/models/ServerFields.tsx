import type { Provider } from "../../bindings/Provider";
import { Banner } from "../../parts/Banner";
import { ChoiceField, SuggestField, TextField } from "../../parts/Field";
import s from "../Settings.module.css";
import { atAddress, atProvider, named, type Draft } from "./draft";
import { KeyField } from "./KeyField";
import { KnownFacts } from "./KnownFacts";
import { ModelPrice } from "./ModelPrice";
import type { Server } from "./useServer";

interface Props {
  draft: Draft;
  server: Server;
  providers: Provider[];
  onDraft(draft: Draft): void;
  /** Called after its key was deleted. */
  onForgotten(): void;
}

/** A provider, its model and its key. */
export function ServerFields({ draft, server, providers, onDraft, onForgotten }: Props) {
  const { provider, offered } = server;
  return (
    <>
      <div className={s.pair}>
        <ChoiceField
          label="Provider"
          value={draft.provider}
          options={providers.map((p) => ({ value: p.id, label: p.name }))}
          onChange={(chosen) => onDraft(atProvider(chosen))}
        />
        <TextField
          label="Address"
          value={draft.address}
          placeholder={provider?.example}
          hint={provider?.base_url && "Leave it empty to use the provider's own."}
          onChange={(event) => onDraft(atAddress(draft, event.target.value))}
        />
      </div>
      <SuggestField
        label="Model"
        value={draft.name}
        options={offered.names}
        placeholder={provider?.models[0] ?? "The server's name for it"}
        hint={offered.failed && `Plumb could not list its models: ${offered.failed} You can type the name.`}
        onChange={(name) => onDraft(named(draft, name))}
      />
      <KeyField draft={draft} server={server} onDraft={onDraft} onForgotten={onForgotten} />
      {server.failed && <Banner>{server.failed}</Banner>}
      <ModelPrice draft={draft} server={server} onDraft={onDraft} />
      <KnownFacts draft={draft} server={server} />
    </>
  );
}
