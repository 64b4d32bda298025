import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { ModelChoice } from "../bindings/ModelChoice";
import type { Provider } from "../bindings/Provider";
import type { Settings } from "../bindings/Settings";
import { report, useProviders, useSaveSettings } from "../data/host";
import { Banner } from "../parts/Banner";
import { Button } from "../parts/Button";
import { ChoiceField, SuggestField, TextField } from "../parts/Field";
import { toFailure, usePlatform } from "../platform";
import { duration } from "../text/format";
import { CheaperModel } from "./CheaperModel";
import { FoundServers } from "./FoundServers";
import { Prices } from "./Prices";
import s from "./Settings.module.css";
import { useOffered } from "./useOffered";

/** A provider, its model and its key. The key goes to the keychain and is never shown again. */
export function ProviderForm({ settings }: { settings: Settings }) {
  const providers = useProviders();
  if (providers.error) return <Banner>{providers.error.message}</Banner>;
  const list = providers.data;
  return list && list.length > 0 ? <Form settings={settings} providers={list} /> : null;
}

const amount = (words: string) => {
  const value = Number(words.replace(",", "."));
  return words.trim() !== "" && value >= 0 ? value : undefined;
};

function Form({ settings, providers }: { settings: Settings; providers: Provider[] }) {
  const platform = usePlatform();
  const client = useQueryClient();
  const save = useSaveSettings();
  const before = settings.model?.provider === "local" ? undefined : settings.model;
  const [id, setId] = useState(before?.provider ?? providers[0]?.id ?? "server");
  const provider = providers.find((p) => p.id === id);
  const [address, setAddress] = useState(before?.base_url ?? "");
  const [name, setName] = useState(before?.name ?? "");
  const [pieces, setPieces] = useState(before ? (settings.sub_model?.name ?? "") : "");
  const [key, setKey] = useState("");
  const [variable, setVariable] = useState<string>();
  const [priceIn, setPriceIn] = useState(before?.price ? String(before.price.input) : "");
  const [priceOut, setPriceOut] = useState(before?.price ? String(before.price.output) : "");
  const server = (address.trim() || provider?.base_url || "").trim();
  const keyState = useQuery({
    queryKey: ["key_state", server],
    queryFn: () => platform.call("key_state", { base_url: server }),
    enabled: /^https?:\/\/./.test(server),
  });

  // A key that comes from a command or a variable stays with the server that it was chosen for.
  const sameServer = before?.provider === id && (before.base_url ?? "") === address.trim();
  const kept = sameServer && (before.key.kind === "env" || before.key.kind === "command") ? before.key : undefined;
  const given: ModelChoice["key"] | undefined = variable === undefined ? kept : { kind: "env", variable };

  const elsewhere = address.trim() ? { base_url: address.trim() } : {};
  const choice = (model: string, hasKey: boolean): ModelChoice => {
    const input = amount(priceIn);
    const output = amount(priceOut);
    return {
      provider: id,
      name: model.trim(),
      key: hasKey && variable === undefined ? { kind: "keychain" } : (given ?? { kind: "none" }),
      ...elsewhere,
      ...(input !== undefined && output !== undefined && model === name ? { price: { input, output } } : {}),
    };
  };
  const known = provider?.models ?? [];
  const present = keyState.data?.present ?? false;
  const canAsk = /^https?:\/\/[^/]/.test(server) && (present || !!given || !provider?.key_required);
  const facts = useQuery({
    queryKey: ["model_facts", id, name.trim(), address.trim()],
    queryFn: () =>
      platform.call("model_facts", { model: { provider: id, name: name.trim(), key: { kind: "none" }, ...elsewhere } }),
    enabled: name.trim() !== "" && /^https?:\/\/[^/]/.test(server),
  }).data;
  const models = useOffered(canAsk ? choice("", present) : undefined, known);
  /** Keeps the key, if one was typed; says whether there is one. */
  const keepKey = async () => {
    if (key.trim() === "") return keyState.data?.present ?? false;
    const kept = await platform.call("set_key", { base_url: server, key: key.trim() });
    client.setQueryData(["key_state", server], kept);
    setKey("");
    return kept.present;
  };
  const test = useMutation({ mutationFn: async () => platform.call("test_model", { model: choice(name, await keepKey()) }) });
  const use = useMutation({
    mutationFn: async () => {
      const hasKey = await keepKey();
      const sub_model = pieces.trim() ? choice(pieces, hasKey) : undefined;
      return save.mutateAsync({ ...settings, model: choice(name, hasKey), sub_model });
    },
    onError: report,
  });
  const keyField = useRef<HTMLInputElement>(null);
  const forget = useMutation({
    mutationFn: () => platform.call("delete_key", { base_url: server }),
    onSuccess: () => {
      // What was tested was tested with the key; and the button that was pressed goes away.
      test.reset();
      keyField.current?.focus();
      return client.invalidateQueries({ queryKey: ["key_state", server] });
    },
    onError: report,
  });
  const wants = !name.trim()
    ? "Name a model first"
    : !server
      ? "Give the server's address first"
      : !/^https?:\/\/[^/]/.test(server)
        ? "The address begins with http:// or https://"
        : provider?.key_required && !key.trim() && !keyState.data?.present && !given
          ? "A key is needed"
          : undefined;
  const edited = () => test.reset();
  return (
    <form
      style={{ display: "contents" }}
      onSubmit={(event) => {
        event.preventDefault();
        if (!wants) use.mutate();
      }}
    >
      <FoundServers
        chosen={id}
        onChoose={(found) => {
          setId(found.provider);
          setAddress("");
          setName(found.models[0] ?? "");
          edited();
        }}
      />
      <div className={s.pair}>
        <ChoiceField
          label="Provider"
          value={id}
          options={providers.map((p) => ({ value: p.id, label: p.name }))}
          onChange={(chosen) => {
            setId(chosen);
            setAddress("");
            setName("");
            setVariable(undefined);
            edited();
          }}
        />
        <TextField
          label="Address"
          value={address}
          placeholder={provider?.example}
          onChange={(event) => {
            setAddress(event.target.value);
            // A key in the environment is the provider's, and goes to no other address.
            setVariable(undefined);
            edited();
          }}
        />
        <SuggestField
          label="Model"
          value={name}
          options={models}
          placeholder={known[0] ?? "The server's name for it"}
          onChange={(value) => {
            setName(value);
            edited();
          }}
        />
        <SuggestField
          label="Model for pieces"
          hint="Optional: a cheaper one that reads the parts."
          value={pieces}
          options={models}
          placeholder="The same"
          onChange={setPieces}
        />
      </div>
      {pieces.trim() === "" && <CheaperModel facts={facts} onTake={setPieces} />}
      <TextField
        label="Key"
        ref={keyField}
        type="password"
        value={key}
        placeholder={
          given?.kind === "env"
            ? `Taken from ${given.variable}`
            : keyState.data?.present
              ? "A key is kept; type to replace it"
              : provider?.key_required
                ? "Paste your key"
                : "Only if the server wants one"
        }
        onChange={(event) => {
          setKey(event.target.value);
          setVariable(undefined);
          edited();
        }}
        hint={
          keyState.data?.present
            ? keyState.data.in_keychain
              ? "The key is in this computer's keychain, and goes only to this address."
              : `The key is kept only until Plumb ends${keyState.data.reason ? `: ${keyState.data.reason}` : "."}`
            : "It will be kept in this computer's keychain, and goes only to this address."
        }
      />
      {provider?.key_variable !== undefined && variable === undefined && !present && key === "" && address.trim() === "" && (
        <div className={s.buttons} data-testid="key-variable">
          <span className={s.said}>{provider.key_variable} is set on this computer.</span>
          <Button onClick={() => setVariable(provider.key_variable)}>Use it as the key</Button>
        </div>
      )}
      <Prices facts={facts} input={priceIn} output={priceOut} onInput={setPriceIn} onOutput={setPriceOut} />
      {test.error && <Banner title="The test failed">{toFailure(test.error).message}</Banner>}
      <div className={s.buttons}>
        <Button look="primary" type="submit" disabled={!!wants || use.isPending} title={wants} data-testid="use-provider">
          Use this model
        </Button>
        <Button disabled={!!wants || test.isPending} title={wants} onClick={() => test.mutate()} data-testid="test-model">
          Test
        </Button>
        {keyState.data?.present && (
          <Button look="quiet" onClick={() => forget.mutate()}>
            Forget the key
          </Button>
        )}
        <span className={s.said} role="status" data-good={test.data ? "" : undefined}>
          {test.isPending
            ? "Asking it for one word…"
            : test.data
              ? `It answered in ${duration(test.data.elapsed_ms)}.`
              : (wants ?? "")}
        </span>
      </div>
    </form>
  );
}
