// What the host holds, as the screens see it.
import { QueryClient, useMutation, useQuery, useQueryClient, keepPreviousData } from "@tanstack/react-query";
import { createContext, useContext, useMemo } from "react";
import type { RunState } from "../bindings/RunState";
import type { RunSummary } from "../bindings/RunSummary";
import type { Settings } from "../bindings/Settings";
import type { Update } from "../bindings/Update";
import { toFailure, usePlatform, type Platform } from "../platform";
import { takeFetch } from "./fetching";
import { RunLogs } from "./runLog";
import { createStore, useStore } from "./store";

export const queryClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: { retry: false, staleTime: Infinity, refetchOnWindowFocus: false, networkMode: "always" },
      mutations: { networkMode: "always" },
    },
  });

export const RunLogsContext = createContext<RunLogs | null>(null);

export function useRunLogs(): RunLogs {
  const logs = useContext(RunLogsContext);
  if (!logs) throw new Error("RunLogsContext is missing");
  return logs;
}

const none = createStore({ events: [], partials: {} } as ReturnType<ReturnType<RunLogs["open"]>["get"]>);

export function useRunLog(run: string | null) {
  const logs = useRunLogs();
  return useStore(useMemo(() => (run === null ? none : logs.open(run)), [logs, run]));
}

/** Keeps everything that is shown in step with the host. */
export function follow(platform: Platform, client: QueryClient, logs: RunLogs, onDropped: (paths: string[]) => void): () => void {
  const again = (...names: string[]) => names.forEach((name) => void client.invalidateQueries({ queryKey: [name] }));
  return platform.updates((update: Update) => {
    switch (update.type) {
      case "event":
        if (update.event.type === "finished") showStatus(client, update.run, update.event.status);
        if (update.event.type === "resumed") showStatus(client, update.run, "running");
        return logs.take(update);
      case "delta":
        return logs.take(update);
      case "libraries":
        return again("libraries", "documents");
      case "runs":
        return again("runs");
      case "fetch":
        takeFetch(update, performance.now());
        return update.done ? again("built_in_models") : undefined;
      case "missed":
        logs.reread();
        return again("libraries", "documents", "runs", "built_in_models", "settings");
      case "dropped":
        return onDropped(update.paths);
    }
  });
}

/** The history shows how a run stands as soon as the run itself does. */
function showStatus(client: QueryClient, run: string, status: RunState): void {
  client.setQueriesData<RunSummary[]>({ queryKey: ["runs"] }, (list) =>
    list?.map((line) => (line.run_id === run ? { ...line, status } : line)),
  );
}

export function useSettings() {
  const platform = usePlatform();
  return useQuery({ queryKey: ["settings"], queryFn: () => platform.call("settings", {}), throwOnError: false });
}

/** `onError`: for who shows what went wrong in a place of its own. */
export function useSaveSettings(onError: (thrown: unknown) => void = report) {
  const platform = usePlatform();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (settings: Settings) => platform.call("set_settings", settings),
    onSuccess: (saved) => client.setQueryData(["settings"], saved),
    onError,
  });
}

export function useLibraries() {
  const platform = usePlatform();
  return useQuery({ queryKey: ["libraries"], queryFn: () => platform.call("libraries", {}) });
}

export function useDocuments(library: string | undefined, limit: number) {
  const platform = usePlatform();
  return useQuery({
    queryKey: ["documents", library, limit],
    queryFn: () => platform.call("documents", { library: library ?? "", limit }),
    enabled: library !== undefined,
    placeholderData: keepPreviousData,
  });
}

export function useRuns(containing: string) {
  const platform = usePlatform();
  return useQuery({
    queryKey: ["runs", containing],
    queryFn: () => platform.call("runs", { limit: 2000, ...(containing ? { containing } : {}) }),
    placeholderData: keepPreviousData,
  });
}

export function useBuiltInModels() {
  const platform = usePlatform();
  return useQuery({ queryKey: ["built_in_models"], queryFn: () => platform.call("built_in_models", {}) });
}

export function useProviders() {
  const platform = usePlatform();
  return useQuery({ queryKey: ["providers"], queryFn: () => platform.call("providers", {}) });
}

/** The last thing that went wrong outside a run; shown above the answer until it is closed. */
export const trouble = createStore<{ code: string; message: string } | null>(null);

export function report(thrown: unknown): void {
  const { code, message } = toFailure(thrown);
  trouble.set({ code, message });
}
