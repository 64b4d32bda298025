import type { QueryClient } from "@tanstack/react-query";

/**
 * Returns a function that refetches the queries of this name. A folder can change faster than it can be listed, so a fetch in progress
 * is awaited and followed by one more, however many changes arrive. `pause` is the time between two fetches, in milliseconds.
 */
export function refresher(client: QueryClient, name: string, pause = 0): () => void {
  const queryKey = [name];
  let running = false;
  let again = false;
  const run = async () => {
    running = true;
    do {
      // A fetch that started before the change may miss it.
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
