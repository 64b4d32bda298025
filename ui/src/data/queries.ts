// Queries and mutations shared by several screens: TanStack Query over the commands of the host.
import { QueryClient, useMutation, useQuery, useQueryClient, keepPreviousData } from "@tanstack/react-query";
import { useCallback } from "react";
import type { Settings } from "../bindings/Settings";
import { usePlatform } from "../platform";
import { useRunLogs } from "./following/useRun";
import { useNavigation } from "./place";
import { report } from "./trouble";

export const queryClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: { retry: false, staleTime: Infinity, refetchOnWindowFocus: false, networkMode: "always" },
      mutations: { networkMode: "always" },
    },
  });

export function useSettings() {
  const platform = usePlatform();
  return useQuery({ queryKey: ["settings"], queryFn: () => platform.call("settings", {}), throwOnError: false });
}

/** Saves the settings. Pass `onError` to show an error near the control instead of above the answer. */
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

/** The library a run was asked about; `undefined` once it has been taken off the list. */
export function useListed(library: string | undefined): string | undefined {
  const { data } = useLibraries();
  return data && !data.some(({ id }) => id === library) ? undefined : library;
}

/** Maximum number of a library's documents that are fetched and shown. */
export const MAX_DOCUMENTS = 200_000;

/** The documents of a library. Pass `listed: false` while the library is being listed: the host would answer only at the end. */
export function useDocuments(library: string, listed = true) {
  const platform = usePlatform();
  return useQuery({
    queryKey: ["documents", library],
    queryFn: () => platform.call("documents", { library, limit: MAX_DOCUMENTS }),
    enabled: listed,
    // Comparing a hundred thousand old entries with new ones takes longer than drawing the few in sight.
    structuralSharing: false,
  });
}

/** The cited documents that have changed since the answer; `undefined` until the check is done. */
export function useChangedSources(run: string, ended: boolean) {
  const platform = usePlatform();
  return useQuery({
    queryKey: ["check_sources", run],
    queryFn: () => platform.call("check_sources", { run }),
    enabled: ended,
    // The folder may have changed while you looked at another run.
    staleTime: 0,
  }).data?.changed;
}

/** Past runs, newest first. `containing` filters by words of the question. */
export function useRuns(containing: string) {
  const platform = usePlatform();
  return useQuery({
    queryKey: ["runs", containing],
    queryFn: () => platform.call("runs", { limit: 2000, ...(containing ? { containing } : {}) }),
    placeholderData: keepPreviousData,
  });
}

/** Deletes a run and leaves it if it is open. */
export function useDeleteRun() {
  const { place, go } = useNavigation();
  const platform = usePlatform();
  const logs = useRunLogs();
  return useMutation({
    mutationFn: (run: string) => platform.call("delete_run", { run }),
    onSuccess: (_, run) => {
      if (run === place.run) go({ run: null, source: null });
      logs.forget(run);
    },
    onError: report,
  });
}

export function useBuiltInModels() {
  const platform = usePlatform();
  return useQuery({ queryKey: ["built_in_models"], queryFn: () => platform.call("built_in_models", {}) });
}

/** Returns a function that refetches the models on this computer, and the settings, which name the model in use. */
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
