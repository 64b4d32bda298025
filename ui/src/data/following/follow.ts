// Applies the host's updates to everything on screen.
import type { QueryClient } from "@tanstack/react-query";
import type { RunState } from "../../bindings/RunState";
import type { RunSummary } from "../../bindings/RunSummary";
import type { Update } from "../../bindings/Update";
import type { Platform } from "../../platform";
import { listUpdater, takeExamined } from "./examining";
import { takeFetch } from "./fetching";
import { refresher } from "./refreshing";
import type { RunLogs } from "./runLog";

/** Minimum pause between two checks of cited sources: each check reads the documents. */
const SOURCE_CHECK_PAUSE_MS = 2000;

/** Subscribes to updates; returns the function that unsubscribes. */
export function follow(platform: Platform, client: QueryClient, logs: RunLogs, onDropped: (paths: string[]) => void): () => void {
  const refetch = (...names: string[]) => names.forEach((name) => void client.invalidateQueries({ queryKey: [name] }));
  // Everything that a change in a folder can affect: libraries, listings, open documents, cited sources.
  const refreshLibraries = [
    ...["libraries", "documents", "read_lines"].map((name) => refresher(client, name)),
    refresher(client, "check_sources", SOURCE_CHECK_PAUSE_MS),
  ];
  const updateList = listUpdater(client);
  return platform.updates((update: Update) => {
    switch (update.type) {
      case "event":
        if (update.event.type === "finished") showStatus(client, update.run, update.event.status);
        if (update.event.type === "resumed") showStatus(client, update.run, "running");
        return logs.take(update);
      case "delta":
      case "loading":
        return logs.take(update);
      case "libraries":
        return refreshLibraries.forEach((refresh) => refresh());
      case "examined":
        updateList(update);
        return takeExamined(update);
      case "runs":
        return refetch("runs", "spending", "estimate");
      case "fetch":
        takeFetch(update, performance.now());
        return update.done ? refetch("built_in_models") : undefined;
      case "missed":
        logs.reread();
        refreshLibraries.forEach((refresh) => refresh());
        return refetch("runs", "spending", "estimate", "built_in_models", "settings");
      case "dropped":
        return onDropped(update.paths);
    }
  });
}

/** Updates a run's status in the history without a refetch. */
function showStatus(client: QueryClient, run: string, status: RunState): void {
  client.setQueriesData<RunSummary[]>({ queryKey: ["runs"] }, (list) =>
    list?.map((line) => (line.run_id === run ? { ...line, status } : line)),
  );
}
