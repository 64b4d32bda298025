import type { QueryClient } from "@tanstack/react-query";

/**
 * Asks the host again for what is shown. A folder may change more often than it can be listed: an answer that is on its way is waited
 * for, and then asked for once more, however many changes there were. `pause`: milliseconds between two answers that cost the host much.
 */
export function refresher(client: QueryClient, name: string, pause = 0): () => void {
  const queryKey = [name];
  let running = false;
  let again = false;
  const run = async () => {
    running = true;
    do {
      // What was asked for before the change may not know of it.
      again = client.isFetching({ queryKey }) > 0;
      await client.invalidateQueries({ queryKey }, { cancelRefetch: false });
      if (pause > 0) await new Promise((go) => setTimeout(go, pause));
    } while (again);
    running = false;
  };
  return () => {
    if (running) again = true;
    else void run();
  };
}
