import type { Provider } from "../../bindings/Provider";
import { useBuiltInModels } from "../../data/queries";
import { ChoiceField, SuggestField } from "../../parts/Field";
import s from "../Settings.module.css";
import { CheaperModel } from "./CheaperModel";
import { draftOf, named, type Draft } from "./draft";
import { KnownFacts } from "./KnownFacts";
import { ModelPrice } from "./ModelPrice";
import { another, type Pieces, type Way } from "./pieces";
import { ServerFields } from "./ServerFields";
import type { Server } from "./useServer";

interface Props {
  pieces: Pieces;
  /** The main model. */
  root: Draft;
  rootServer: Server;
  /** The server of the model for pieces. */
  server: Server;
  providers: Provider[];
  onPieces(pieces: Pieces): void;
  onForgotten(): void;
}

/** Chooses the model that reads the pieces of long documents. */
export function PiecesFields({ pieces, root, rootServer, server, providers, onPieces, onForgotten }: Props) {
  const here = (useBuiltInModels().data ?? []).filter((model) => model.ready && !model.file?.fault);
  const options: { value: Way; label: string }[] = [
    { value: "same", label: "The same model" },
    { value: "other", label: `Another model of ${whose(rootServer.provider)}` },
    ...(here.length > 0 || pieces.way === "here" ? [{ value: "here" as const, label: "A model on this computer" }] : []),
    { value: "own", label: "Another provider or server" },
  ];
  const choose = (way: Way) => {
    if (way === "other") return onPieces(another(pieces, root, ""));
    const elsewhere = providers.find((p) => p.id !== root.provider)?.id ?? root.provider;
    const draft = way === "own" ? draftOf(undefined, elsewhere) : pieces.draft;
    onPieces({ way, draft, here: pieces.here || (here[0]?.id ?? "") });
  };
  const onDraft = (draft: Draft) => onPieces({ ...pieces, draft });
  return (
    <>
      <div className={s.pair}>
        <ChoiceField
          label="For the pieces"
          hint="Plumb reads long documents in pieces. A cheaper model can often do that."
          value={pieces.way}
          options={options}
          onChange={(way) => choose(way as Way)}
        />
        {pieces.way === "other" && (
          <SuggestField
            label="Model for pieces"
            value={pieces.draft.name}
            options={rootServer.offered.names}
            placeholder="Its name"
            onChange={(name) => onDraft(named(pieces.draft, name))}
          />
        )}
        {pieces.way === "here" && (
          <ChoiceField
            label="Model for pieces"
            value={pieces.here}
            options={here.map((model) => ({ value: model.id, label: model.name }))}
            onChange={(id) => onPieces({ ...pieces, here: id })}
          />
        )}
      </div>
      {pieces.way === "same" && (
        <CheaperModel facts={rootServer.facts} onTake={(name) => onPieces(another(pieces, root, name))} />
      )}
      {pieces.way === "other" && (
        <>
          <ModelPrice draft={pieces.draft} server={server} onDraft={onDraft} />
          <KnownFacts draft={pieces.draft} server={server} />
        </>
      )}
      {pieces.way === "own" && (
        <div className={s.inner} role="group" aria-label="The model for the pieces">
          <ServerFields draft={pieces.draft} server={server} providers={providers} onDraft={onDraft} onForgotten={onForgotten} />
        </div>
      )}
    </>
  );
}

const whose = (provider: Provider | undefined) => (provider && provider.id !== "server" ? provider.name : "this server");
