import { Tabs } from "@base-ui/react/tabs";
import { X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Library } from "../bindings/Library";
import { useNavigation, type Tab } from "../data/place";
import type { OpenRun } from "../data/useRun";
import { IconButton } from "../parts/Button";
import { moveBetweenRows } from "../parts/rows";
import { Segments } from "../parts/Segments";
import { DocumentsPane } from "../documents/DocumentsPane";
import { CitedPlaces } from "../source/CitedPlaces";
import { SourceView } from "../source/SourceView";
import { Flame } from "./Flame";
import s from "./Right.module.css";
import { Sent } from "./Sent";
import { Story } from "./Story";
import st from "./Story.module.css";
import { Tree } from "./Tree";

const ways = [
  ["story", "Story"],
  ["tree", "Tree"],
  ["time", "Time"],
] as const;

type Way = (typeof ways)[number][0];

const lists = [
  ["cited", "Cited"],
  ["all", "All"],
] as const;

type List = (typeof lists)[number][0];

/** Where the answer comes from. */
export function Right({ library, run }: { library: Library | undefined; run: OpenRun | null }) {
  const { place, go } = useNavigation();
  const [way, setWay] = useState<Way>("story");
  const [list, setList] = useState<List>("cited");
  const [chosen, setChosen] = useState<string | null>(null);
  // What was chosen belongs to one run.
  const [of, setOf] = useState(run?.id);
  if (of !== run?.id) {
    setOf(run?.id);
    setChosen(null);
    setList("cited");
  }
  const lead = (key: string) => {
    setChosen(key);
    setWay("story");
  };
  return (
    <Tabs.Root
      render={<section aria-label="Where the answer comes from" />}
      className={s.right}
      // Where no run is open, nothing was sent.
      value={place.tab === "sent" && !run ? "source" : place.tab}
      onValueChange={(tab: Tab) => go({ tab })}
    >
      <div className={s.tabs}>
        <Tabs.List className={s.list} aria-label="Sources and steps">
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
            <Segments label="How the steps are shown" value={way} options={ways} onChange={(chosenWay) => setWay(chosenWay)} />
          )}
          {place.tab === "source" && run && library && !place.source && (
            <Segments
              label="Which documents are listed"
              value={list}
              options={lists}
              onChange={(chosenList) => setList(chosenList)}
            />
          )}
          <IconButton label="Hide sources and steps" className={s.close} onClick={() => go({ aside: false })}>
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
          <p className={st.empty}>
            {run.state === "running"
              ? "The places that the answer names will be listed here."
              : "This answer names no place in the documents."}
          </p>
        ) : (
          <p className={st.empty}>Documents open here, at the lines an answer names.</p>
        )}
      </Tabs.Panel>
      <Tabs.Panel value="found" className={s.panel}>
        {run ? (
          <Found run={run} way={way} chosen={chosen} setChosen={setChosen} lead={lead} />
        ) : (
          <p className={st.empty}>
            When you ask, every step appears here as it happens: what was searched, what was read, how long it took and what it
            cost.
          </p>
        )}
      </Tabs.Panel>
      <Tabs.Panel value="sent" className={s.panel}>
        {run && <Sent run={run} />}
      </Tabs.Panel>
    </Tabs.Root>
  );
}

interface FoundProps {
  run: OpenRun;
  way: Way;
  chosen: string | null;
  setChosen(key: string): void;
  lead(key: string): void;
}

function Found({ run, way, chosen, setChosen, lead }: FoundProps) {
  const scroll = useRef<HTMLDivElement>(null);
  const running = run.state === "running";
  const length = run.log.events.length;
  // While it runs the newest step stays in sight, unless the person looks at an older one.
  useEffect(() => {
    const box = scroll.current;
    if (box && running && box.scrollHeight - box.clientHeight - box.scrollTop < 160) box.scrollTop = box.scrollHeight;
  }, [length, running]);
  if (way === "tree") return <Tree key={run.id} run={run} chosen={chosen} onChoose={setChosen} onOpen={lead} />;
  if (way === "time") return <Flame run={run} chosen={chosen} onOpen={lead} />;
  return (
    <div className={st.view}>
      <div className={st.scroll} ref={scroll} onKeyDown={moveBetweenRows}>
        <Story key={run.id} run={run} node={0} chosen={chosen} />
      </div>
      <Flame run={run} chosen={chosen} onOpen={setChosen} small />
    </div>
  );
}
