import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { ModelChoice } from "../../bindings/ModelChoice";
import { toFailure, usePlatform } from "../../platform";

/** Pause in typing after which the server is asked for its models. */
const TYPING_PAUSE_MS = 700;

export interface Offered {
  /** The models that the server lists, and those that Plumb knows of it. */
  names: string[];
  /** Why the server did not list them. */
  failed?: string | undefined;
}

/** The models a server offers. Pass `undefined` while it cannot be asked. */
export function useOffered(choice: ModelChoice | undefined, known: readonly string[]): Offered {
  const platform = usePlatform();
  const now = choice && JSON.stringify({ ...choice, name: "", price: undefined });
  const [settled, setSettled] = useState(now);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(now), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [now]);
  const enabled = settled !== undefined && settled === now;
  const offered = useQuery({
    queryKey: ["offered_models", settled],
    queryFn: () => platform.call("offered_models", { model: JSON.parse(settled ?? "") as ModelChoice }),
    enabled,
    retry: false,
    staleTime: 60_000,
  });
  return {
    names: [...new Set([...(offered.data ?? []), ...known])],
    failed: enabled && offered.error ? toFailure(offered.error).message : undefined,
  };
}
