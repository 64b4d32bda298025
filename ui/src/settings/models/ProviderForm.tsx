import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { ModelChoice } from "../../bindings/ModelChoice";
import type { Provider } from "../../bindings/Provider";
import type { Settings } from "../../bindings/Settings";
import { useProviders, useSaveSettings } from "../../data/queries";
import { report } from "../../data/trouble";
import { Banner } from "../../parts/Banner";
import { Button } from "../../parts/Button";
import { toFailure, usePlatform } from "../../platform";
import { duration } from "../../text/format";
import s from "../Settings.module.css";
import { atProvider, choiceOf, draftOf, KEY_NEEDED, type Draft } from "./draft";
import { FoundServers } from "./FoundServers";
import { afterChange, atServerOf, localChoice, piecesOf, type Pieces } from "./pieces";
import { PiecesFields } from "./PiecesFields";
import { ServerFields } from "./ServerFields";
import { useServer } from "./useServer";

/** A provider, its model, its key, and the model for the pieces. Keys go to the keychain and are never shown again. */
export function ProviderForm({ settings }: { settings: Settings }) {
  const providers = useProviders();
  if (providers.error) return <Banner>{providers.error.message}</Banner>;
  const list = providers.data;
  return list && list.length > 0 ? <Form settings={settings} providers={list} /> : null;
}

const remote = (choice: ModelChoice | undefined) => (choice?.provider === "local" ? undefined : choice);

function Form({ settings, providers }: { settings: Settings; providers: Provider[] }) {
  const platform = usePlatform();
  const save = useSaveSettings();
  const first = providers[0]?.id ?? "server";
  const [root, setRoot] = useState(() => draftOf(remote(settings.model), first));
  const [pieces, setPieces] = useState(() => piecesOf(settings, first));
  const { way } = pieces;
  const draft = way === "other" ? atServerOf(pieces, root) : pieces.draft;
  const server = useServer(root, remote(settings.model), providers);
  const piecesServer = useServer(draft, remote(settings.sub_model), providers, way === "other" || way === "own");

  /** Stores the typed keys, then returns both choices. */
  const kept = async (): Promise<{ model: ModelChoice; sub_model?: ModelChoice }> => {
    const model = await server.kept();
    if (way === "here") return { model, sub_model: localChoice(pieces.here) };
    if (way === "own") return { model, sub_model: await piecesServer.kept() };
    if (way === "other") return { model, sub_model: choiceOf(draft, model.key, piecesServer.known) };
    return { model };
  };
  /** Empties the key fields, unless you have typed another key since. */
  const emptyKeys = () => {
    const emptied = (now: Draft, was: Draft) => (now.key === was.key ? { ...now, key: "" } : now);
    setRoot((now) => emptied(now, root));
    setPieces((now) => ({ ...now, draft: emptied(now.draft, pieces.draft) }));
  };
  const test = useMutation({
    mutationFn: async () => {
      const { model, sub_model } = await kept();
      emptyKeys();
      const answered = await platform.call("test_model", { model });
      const second = sub_model && (await platform.call("test_model", { model: sub_model }).catch(nameIn(sub_model.name)));
      return { model: answered.elapsed_ms, pieces: second?.elapsed_ms };
    },
  });
  const use = useMutation({
    mutationFn: async () => save.mutateAsync({ ...settings, sub_model: undefined, ...(await kept()) }),
    onSuccess: emptyKeys,
    onError: report,
  });
  const ofPieces = {
    same: undefined,
    here: pieces.here ? undefined : "Choose a model on this computer",
    // It uses the main model's key.
    other: piecesServer.wants === KEY_NEEDED ? undefined : piecesServer.wants,
    own: piecesServer.wants,
  }[way];
  const wants = server.wants ?? (ofPieces && `For the pieces: ${ofPieces}`);
  const edit = (now: Draft) => {
    setRoot(now);
    setPieces(afterChange(pieces, root, now));
    test.reset();
  };
  const editPieces = (now: Pieces) => {
    setPieces(now);
    test.reset();
  };
  return (
    <form
      style={{ display: "contents" }}
      onSubmit={(event) => {
        event.preventDefault();
        if (!wants) use.mutate();
      }}
    >
      <FoundServers chosen={root.provider} onChoose={(found, name) => edit(atProvider(found.provider, name))} />
      <ServerFields draft={root} server={server} providers={providers} onDraft={edit} onForgotten={() => test.reset()} />
      <PiecesFields
        pieces={pieces}
        root={root}
        rootServer={server}
        server={piecesServer}
        providers={providers}
        onPieces={editPieces}
        onForgotten={() => test.reset()}
      />
      {test.error && <Banner title="The test failed">{toFailure(test.error).message}</Banner>}
      <div className={s.buttons}>
        <Button look="primary" type="submit" disabled={!!wants || use.isPending} title={wants} data-testid="use-provider">
          Use this model
        </Button>
        <Button disabled={!!wants || test.isPending} title={wants} onClick={() => test.mutate()} data-testid="test-model">
          Test
        </Button>
        <span className={s.said} role="status" data-good={test.data ? "" : undefined}>
          {test.isPending ? "Asking the model for one word…" : test.data ? answeredWords(test.data) : (wants ?? "")}
        </span>
      </div>
    </form>
  );
}

/** Adds the model's name to an error of the model for pieces. */
const nameIn = (name: string) => (thrown: unknown) => {
  const { code, message } = toFailure(thrown);
  throw toFailure({ code, message: `For the pieces, ${name}: ${message}` });
};

function answeredWords({ model, pieces }: { model: number; pieces: number | undefined }): string {
  const it = `It answered in ${duration(model)}`;
  return pieces === undefined ? `${it}.` : `${it}, and the one for the pieces in ${duration(pieces)}.`;
}
