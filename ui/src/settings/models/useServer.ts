import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ModelChoice } from "../../bindings/ModelChoice";
import type { Provider } from "../../bindings/Provider";
import { report } from "../../data/trouble";
import { toFailure, usePlatform } from "../../platform";
import { choiceOf, givenKey, isAddress, problem, serverOf, type Draft } from "./draft";
import { useOffered } from "./useOffered";

/**
 * What is known of the server and the model of a draft, and what can be done with its key. `inUse`: what the settings hold in its place.
 * Unless it is `active`, nobody is asked.
 */
export function useServer(draft: Draft, inUse: ModelChoice | undefined, providers: Provider[], active = true) {
  const platform = usePlatform();
  const client = useQueryClient();
  const provider = providers.find((p) => p.id === draft.provider);
  const server = serverOf(draft, provider);
  const reachable = active && isAddress(server);
  const keyQuery = { queryKey: ["key_state", server], queryFn: () => platform.call("key_state", { base_url: server }) };
  const keyState = useQuery({ ...keyQuery, enabled: reachable }).data;
  const given = givenKey(draft, inUse);
  const present = keyState?.present ?? false;

  const bare = { ...choiceOf(draft, { kind: "none" }, undefined), price: undefined };
  const asked = useQuery({
    queryKey: ["model_facts", bare.provider, bare.name, bare.base_url ?? ""],
    queryFn: () => platform.call("model_facts", { model: bare }),
    enabled: bare.name !== "" && reachable,
    // The form does not jump at each letter of a name; but the price of another model counts for nothing.
    placeholderData: keepPreviousData,
  });
  const facts = bare.name === "" ? undefined : asked.data;
  const known = asked.isPlaceholderData ? undefined : facts?.price;

  const choice = (hasKey: boolean): ModelChoice =>
    choiceOf(draft, hasKey && draft.variable === undefined ? { kind: "keychain" } : (given ?? { kind: "none" }), known);
  const canAsk = reachable && (present || !!given || !provider?.key_required);
  const offered = useOffered(canAsk ? choice(present) : undefined, provider?.models ?? []);
  /** Keeps the key, if one was typed, for this server; says whether there is one. */
  const keepKey = async () => {
    if (draft.key.trim() === "") return (await client.fetchQuery(keyQuery)).present;
    const kept = await platform.call("set_key", { base_url: server, key: draft.key.trim() });
    client.setQueryData(keyQuery.queryKey, kept);
    return kept.present;
  };
  const forget = useMutation({
    mutationFn: () => platform.call("delete_key", { base_url: server }),
    onSuccess: () => client.invalidateQueries({ queryKey: keyQuery.queryKey }),
    onError: report,
  });
  return {
    provider,
    keyState,
    given,
    facts,
    known,
    /** Why nothing is known: what the person wrote down cannot be read, say. */
    failed: asked.error ? toFailure(asked.error).message : undefined,
    offered,
    forget,
    wants: problem(draft, provider, present || !!given, known),
    /** The choice as it is saved, once the key that was typed is kept. */
    kept: async () => choice(await keepKey()),
  };
}

export type Server = ReturnType<typeof useServer>;
