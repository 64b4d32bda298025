import { useEffect, useRef } from "react";
import type { OpenRun } from "../data/following/useRun";
import { moveBetweenRows } from "../parts/rows";
import { Flame } from "./Flame";
import { Story } from "./Story";
import s from "./Story.module.css";
import { Tree } from "./Tree";

export const views = [
  ["story", "Story"],
  ["tree", "Tree"],
  ["time", "Time"],
] as const;

export type View = (typeof views)[number][0];

/** Distance from the end, in pixels, within which new steps are scrolled into view. */
const STICKY_DISTANCE_PX = 160;

interface Props {
  run: OpenRun;
  view: View;
  chosen: string | null;
  onChoose(key: string): void;
  onView(view: View): void;
}

/** The steps of a run as a story, a tree or a time line. */
export function Trace({ run, view, chosen, onChoose, onView }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  const running = run.state === "running";
  const length = run.log.events.length;
  // The newest step stays in view unless you have scrolled up to an older one.
  useEffect(() => {
    const box = scroll.current;
    if (box && running && box.scrollHeight - box.clientHeight - box.scrollTop < STICKY_DISTANCE_PX)
      box.scrollTop = box.scrollHeight;
  }, [length, running]);
  const openInStory = (key: string) => {
    onChoose(key);
    onView("story");
  };
  if (view === "tree") return <Tree key={run.id} run={run} chosen={chosen} onChoose={onChoose} onOpen={openInStory} />;
  if (view === "time") return <Flame run={run} chosen={chosen} onOpen={openInStory} />;
  return (
    <div className={s.view}>
      <div className={s.scroll} ref={scroll} onKeyDown={moveBetweenRows}>
        <Story key={run.id} run={run} node={0} chosen={chosen} />
      </div>
      <Flame run={run} chosen={chosen} onOpen={onChoose} small />
    </div>
  );
}
