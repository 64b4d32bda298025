import { Tabs } from "@base-ui/react/tabs";
import { X } from "lucide-react";
import { useState } from "react";
import type { Library } from "../bindings/Library";
import type { OpenRun } from "../data/following/useRun";
import { useNavigation, type Tab } from "../data/place";
import { DocumentsPane } from "../documents/DocumentsPane";
import { IconButton } from "../parts/Button";
import { Segments } from "../parts/Segments";
import { CitedPlaces } from "../source/CitedPlaces";
import { SourceView } from "../source/SourceView";
import { Trace, views, type View } from "../trace/Trace";
import { useAction } from "../useActions";
import s from "./Inspector.module.css";
import { Sent } from "./Sent";

const lists = [
  ["cited", "Cited"],
  ["all", "All"],
] as const;

type List = (typeof lists)[number][0];

/** The right-hand pane: sources, steps, and the text that was sent. */
export function Inspector({ library, run }: { library: Library | undefined; run: OpenRun | null }) {
  const { place, go } = useNavigation();
  const hide = useAction("hideInspector");
  const [view, setView] = useState<View>("story");
  const [list, setList] = useState<List>("cited");
  const [chosen, setChosen] = useState<string | null>(null);
  // The chosen step and list belong to one run.
  const [of, setOf] = useState(run?.id);
  if (of !== run?.id) {
    setOf(run?.id);
    setChosen(null);
    setList("cited");
  }
  return (
    <Tabs.Root
      render={<section aria-label="Sources and steps" />}
      className={s.inspector}
      // Without an open run the tab "Sent" is not there.
      value={place.tab === "sent" && !run ? "source" : place.tab}
      onValueChange={(tab: Tab) => go({ tab })}
    >
      <div className={s.tabs}>
        <Tabs.List className={s.list} aria-label="Parts of the inspector">
          <Tabs.Tab value="source" className={s.tab} data-word="Source">
            Source
          </Tabs.Tab>
          <Tabs.Tab value="found" className={s.tab} data-word="How it was found">
            How it was found
          </Tabs.Tab>
          {run && (
            <Tabs.Tab value="sent" className={s.tab} data-word="Sent">
              Sent
            </Tabs.Tab>
          )}
        </Tabs.List>
        <div className={s.end}>
          {place.tab === "found" && run && (
            <Segments label="View of the steps" value={view} options={views} onChange={(chosenView) => setView(chosenView)} />
          )}
          {place.tab === "source" && run && library && !place.source && (
            <Segments label="Documents to show" value={list} options={lists} onChange={(chosenList) => setList(chosenList)} />
          )}
          <IconButton label={hide.name} keys={hide.keys} className={s.close} onClick={hide.run}>
            <X size={15} />
          </IconButton>
        </div>
      </div>
      <Tabs.Panel value="source" className={s.panel}>
        {place.source ? (
          <SourceView source={place.source} />
        ) : library && (!run || list === "all") ? (
          <DocumentsPane key={library.id} library={library} />
        ) : run && run.view.citations.length > 0 ? (
          <CitedPlaces run={run} />
        ) : run ? (
          <p className={s.empty}>
            {run.state === "running"
              ? "The sources of the answer will appear here."
              : "This answer cites no source in the documents."}
          </p>
        ) : (
          <p className={s.empty}>Documents open here, at the lines an answer cites.</p>
        )}
      </Tabs.Panel>
      <Tabs.Panel value="found" className={s.panel}>
        {run ? (
          <Trace run={run} view={view} chosen={chosen} onChoose={setChosen} onView={setView} />
        ) : (
          <p className={s.empty}>
            Ask a question, and each step appears here as it happens: the searches, the documents read, the time and the cost.
          </p>
        )}
      </Tabs.Panel>
      <Tabs.Panel value="sent" className={s.panel}>
        {run && <Sent run={run} />}
      </Tabs.Panel>
    </Tabs.Root>
  );
}
