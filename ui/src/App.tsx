import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { AnswerPane } from "./answer/AnswerPane";
import a from "./App.module.css";
import type { Library } from "./bindings/Library";
import type { Settings } from "./bindings/Settings";
import { BrowseDialog } from "./browse/BrowseDialog";
import { follow } from "./data/following/follow";
import { useRescanOnFocus } from "./data/following/useRescanOnFocus";
import { useRunLogs, useRun } from "./data/following/useRun";
import { NavigationContext, start, type Navigation, type Place } from "./data/place";
import { useLibraries, useModelsChanged, useSettings } from "./data/queries";
import { report, trouble } from "./data/trouble";
import { Inspector } from "./inspector/Inspector";
import { Banner } from "./parts/Banner";
import { Button } from "./parts/Button";
import { cx } from "./parts/cx";
import { usePlatform } from "./platform";
import { SettingsScreen } from "./settings/SettingsScreen";
import { Welcome } from "./settings/Welcome";
import { Sidebar } from "./sidebar/Sidebar";
import { SpendingScreen } from "./spending/SpendingScreen";
import { SituationContext } from "./useActions";
import { useDrop } from "./useDrop";
import { useShortcuts } from "./useShortcuts";
import { useTheme } from "./useTheme";

export function App() {
  const platform = usePlatform();
  const client = useQueryClient();
  const logs = useRunLogs();
  const settings = useSettings();
  const [place, setPlace] = useState<Place>(start);
  const go = useCallback((change: Partial<Place>) => {
    // An error message makes no sense once you have gone somewhere else.
    if ("run" in change || "library" in change || "screen" in change) trouble.set(null);
    setPlace((now) => ({ ...now, ...change }));
  }, []);

  const { mutate: openSources } = useMutation({
    mutationFn: (sources: string[]) => platform.call("open_library", { sources }),
    onSuccess: (library) => {
      client.setQueryData<Library[]>(["libraries"], (list = []) => [library, ...list.filter((l) => l.id !== library.id)]);
      go({ screen: "ask", library: library.id, run: null, source: null, tab: "source" });
    },
    onError: report,
  });
  const addFolder = useCallback(() => {
    void platform.chooseFolder().then((paths) => {
      if (paths && paths.length > 0) openSources(paths);
    }, report);
  }, [platform, openSources]);
  const navigation = useMemo((): Navigation => ({ place, go, openSources, addFolder }), [place, go, openSources, addFolder]);

  const modelsChanged = useModelsChanged();
  const { mutate: addModel } = useMutation({
    mutationFn: (path: string) => platform.call("add_model", { path }),
    onSuccess: () => {
      void modelsChanged();
      go({ screen: "settings" });
    },
    onError: report,
  });
  const takeDropped = useCallback(
    (paths: string[]) => {
      const [first, ...rest] = paths;
      // A single model file is added to the models instead of being opened as a document.
      if (first && rest.length === 0 && /\.gguf$/i.test(first)) addModel(first);
      else openSources(paths);
    },
    [addModel, openSources],
  );

  useEffect(() => follow(platform, client, logs, takeDropped), [platform, client, logs, takeDropped]);
  useTheme(settings.data?.theme ?? "system");
  const dropping = useDrop(platform, addFolder);

  if (settings.error && !settings.data) {
    return (
      <div className={a.alone}>
        <Banner title="Plumb cannot start" acts={<Button onClick={() => void settings.refetch()}>Try again</Button>}>
          {settings.error.message}
        </Banner>
      </div>
    );
  }
  if (!settings.data) return null;
  return (
    <NavigationContext value={navigation}>
      {settings.data.model ? <Window settings={settings.data} navigation={navigation} /> : <Welcome settings={settings.data} />}
      {dropping && settings.data.model && <div className={a.dropping}>Drop it here to ask about it</div>}
      <BrowseDialog />
    </NavigationContext>
  );
}

function Window({ settings, navigation }: { settings: Settings; navigation: Navigation }) {
  const { place, go, addFolder } = navigation;
  const platform = usePlatform();
  const libraries = useLibraries().data;
  useRescanOnFocus(libraries);
  const { run, log } = useRun(place.run);
  const chosen = place.run === null ? place.library : (log.summary?.library ?? place.library);
  // Before you choose a library, the last used one is shown.
  const library = libraries?.find((l) => l.id === chosen) ?? (place.library === null ? libraries?.[0] : undefined);
  const running = run?.state === "running" ? run.id : null;

  const { mutate: stop } = useMutation({ mutationFn: (id: string) => platform.call("stop", { run: id }), onError: report });
  const situation = useMemo(() => ({ place, go, addFolder, running, stop }), [place, go, addFolder, running, stop]);
  useShortcuts(situation);

  return (
    <SituationContext value={situation}>
      <div className={cx(a.app, place.screen !== "ask" && a.settings)}>
        <Sidebar settings={settings} library={library?.id} />
        {place.screen === "settings" ? (
          <SettingsScreen settings={settings} />
        ) : place.screen === "spending" ? (
          <SpendingScreen />
        ) : (
          <>
            <AnswerPane settings={settings} libraries={libraries} library={library} run={run} log={log} />
            <div className={cx(a.aside, place.aside && a.shown)}>
              <Inspector library={library} run={run} />
            </div>
          </>
        )}
      </div>
    </SituationContext>
  );
}
