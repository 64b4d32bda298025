import { useQuery } from "@tanstack/react-query";
import type { LocalServer } from "../../bindings/LocalServer";
import { usePlatform } from "../../platform";

/** Model servers found on this computer, with their chat models. */
export function useLocalServers(): LocalServer[] {
  const platform = usePlatform();
  // A server may have started since, so each opening of the form looks again.
  const found = useQuery({
    queryKey: ["local_servers"],
    queryFn: () => platform.call("local_servers", {}),
    retry: false,
    staleTime: 0,
  });
  const answered = (found.data ?? []).map((server) => ({ ...server, models: answering(server.models) }));
  return answered.filter((server) => server.models.length > 0);
}

/** Names of models that embed, rank or transcribe and cannot chat. */
const NOT_CHAT = /embed|minilm|(^|[^a-z])(bge|gte|e5|clip|colbert|paraphrase|siglip)([^a-z]|$)|rerank|whisper|arctic-embed/i;

/** The models that can chat, judged by name. */
export const answering = (models: readonly string[]) => models.filter((name) => !NOT_CHAT.test(name));
