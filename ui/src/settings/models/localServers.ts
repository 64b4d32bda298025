import { useQuery } from "@tanstack/react-query";
import type { LocalServer } from "../../bindings/LocalServer";
import { usePlatform } from "../../platform";

/** Servers of models that run on this computer already, with those of their models that can answer. */
export function useLocalServers(): LocalServer[] {
  const platform = usePlatform();
  // One may have been started since: each opening of the form looks again.
  const found = useQuery({
    queryKey: ["local_servers"],
    queryFn: () => platform.call("local_servers", {}),
    retry: false,
    staleTime: 0,
  });
  const answered = (found.data ?? []).map((server) => ({ ...server, models: answering(server.models) }));
  return answered.filter((server) => server.models.length > 0);
}

/** Families whose models turn text into numbers, sort it, or hear: they answer nobody. */
const OTHER = /embed|minilm|(^|[^a-z])(bge|gte|e5|clip|colbert|paraphrase|siglip)([^a-z]|$)|rerank|whisper|arctic-embed/i;

/** The models that can answer, as far as their names tell. */
export const answering = (models: readonly string[]) => models.filter((name) => !OTHER.test(name));
