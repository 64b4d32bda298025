import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ModelChoice } from "../../bindings/ModelChoice";
import type { Provider } from "../../bindings/Provider";
import { report } from "../../data/trouble";
import { toFailure, usePlatform } from "../../platform";
import { choiceOf, givenKey, isAddress, problem, serverOf, type Draft } from "./draft";
import { useOffered } from "./useOffered";

/**
 * Facts about the server and model of a form, and actions on its key. `inUse` is the saved choice that the form replaces.
 * While `active` is false, nothing is fetched.
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
    // Old facts stay while you type, so that the form does not jump. Their price is not used.
    placeholderData: keepPreviousData,
  });
  const facts = bare.name === "" ? undefined : asked.data;
  const known = asked.isPlaceholderData ? undefined : facts?.price;

  const choice = (hasKey: boolean): ModelChoice =>
    choiceOf(draft, hasKey && draft.variable === undefined ? { kind: "keychain" } : (given ?? { kind: "none" }), known);
  const canAsk = reachable && (present || !!given || !provider?.key_required);
  const offered = useOffered(canAsk ? choice(present) : undefined, provider?.models ?? []);
  /** Stores a typed key for this server. Returns whether the server has a key. */
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
    /** Why nothing is known, for example because models.toml cannot be read. */
    failed: asked.error ? toFailure(asked.error).message : undefined,
    offered,
    forget,
    /** What you still have to enter. */
    wants: problem(draft, provider, present || !!given, known),
    /** Stores the typed key, then returns the choice to save. */
    kept: async () => choice(await keepKey()),
  };
}

export type Server = ReturnType<typeof useServer>;
