// Sends a question.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Ask } from "../bindings/Ask";
import { useNavigation } from "../data/place";
import { report } from "../data/trouble";
import { usePlatform } from "../platform";

/** Starts a run and opens it. */
export function useAsk() {
  const { go } = useNavigation();
  const platform = usePlatform();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (ask: Ask) => platform.call("ask", ask),
    onSuccess: (summary) => {
      go({ run: summary.run_id, source: null, tab: "found" });
      void client.invalidateQueries({ queryKey: ["runs"] });
    },
    onError: report,
  });
}
