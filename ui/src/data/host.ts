// What the host holds, as the screens see it.
import { QueryClient, useMutation, useQuery, useQueryClient, keepPreviousData } from "@tanstack/react-query";
import { createContext, useCallback, useContext, useMemo } from "react";
import type { RunState } from "../bindings/RunState";
import type { RunSummary } from "../bindings/RunSummary";
import type { Settings } from "../bindings/Settings";
import type { Update } from "../bindings/Update";
import { toFailure, usePlatform, type Platform } from "../platform";
import { listUpdater, takeExamined } from "./examining";
import { takeFetch } from "./fetching";
import { refresher } from "./refreshing";
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
  // A library, its listing, what is open of its documents, and whether answers still stand on them.
  const ofLibraries = [
    ...["libraries", "documents", "read_lines"].map((name) => refresher(client, name)),
    refresher(client, "check_sources", 2000),
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
        return ofLibraries.forEach((refresh) => refresh());
      case "examined":
        updateList(update);
        return takeExamined(update);
      case "runs":
        return again("runs", "spending", "estimate");
      case "fetch":
        takeFetch(update, performance.now());
        return update.done ? again("built_in_models") : undefined;
      case "missed":
        logs.reread();
        ofLibraries.forEach((refresh) => refresh());
        return again("runs", "spending", "estimate", "built_in_models", "settings");
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

/** A library that a run was asked about, as long as it is on the list. */
export function useListed(library: string | undefined): string | undefined {
  const { data } = useLibraries();
  return data && !data.some(({ id }) => id === library) ? undefined : library;
}

/** The most documents of a library that are shown. */
export const MOST_DOCUMENTS = 200_000;

/** `listed`: while a library is being listed, its documents are not asked for: the answer would wait for the end. */
export function useDocuments(library: string, listed = true) {
  const platform = usePlatform();
  return useQuery({
    queryKey: ["documents", library],
    queryFn: () => platform.call("documents", { library, limit: MOST_DOCUMENTS }),
    enabled: listed,
    // Comparing a hundred thousand old entries with new ones takes longer than drawing the few in sight.
    structuralSharing: false,
  });
}

/** Which of the documents that an answer cites are not as they were. Absent while it is not known. */
export function useChangedSources(run: string, ended: boolean) {
  const platform = usePlatform();
  return useQuery({
    queryKey: ["check_sources", run],
    queryFn: () => platform.call("check_sources", { run }),
    enabled: ended,
    // The folder may have changed while another run was looked at.
    staleTime: 0,
  }).data?.changed;
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

/** Shows the models on this computer anew, and whether one of them is chosen. */
export function useModelsChanged() {
  const client = useQueryClient();
  return useCallback(
    () => Promise.all(["built_in_models", "settings"].map((name) => client.invalidateQueries({ queryKey: [name] }))),
    [client],
  );
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
