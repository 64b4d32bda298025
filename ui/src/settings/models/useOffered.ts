import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { ModelChoice } from "../../bindings/ModelChoice";
import { toFailure, usePlatform } from "../../platform";

/** An address is asked for its models once nobody types at it any more, in milliseconds. */
const SETTLED = 700;

export interface Offered {
  /** The models that a server says it offers, and those that Plumb knows of it. */
  names: string[];
  /** Why the server did not say. */
  failed?: string | undefined;
}

/** `undefined`: it cannot be asked yet. */
export function useOffered(choice: ModelChoice | undefined, known: readonly string[]): Offered {
  const platform = usePlatform();
  const now = choice && JSON.stringify({ ...choice, name: "", price: undefined });
  const [settled, setSettled] = useState(now);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(now), SETTLED);
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
