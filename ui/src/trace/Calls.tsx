import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState, type ReactNode } from "react";
import type { NodeId } from "../bindings/NodeId";
import { partialKey } from "../data/following/runLog";
import type { OpenRun } from "../data/following/useRun";
import { usePlatform } from "../platform";
import { callCost, type Call } from "../run/fold";
import { callKey, whyIncomplete, within } from "../run/story";
import { count, firstLine } from "../text/format";
import { Output } from "./Code";
import { Spent } from "./Spent";

import s from "./Story.module.css";

/** Number of calls drawn at first, and the number each click on "more" adds. */
const FIRST_CALLS = 20;
const MORE_CALLS = 200;

interface Props {
  run: OpenRun;
  chosen: string | null;
  /** Draws the steps of a helper. Passed in, because steps contain calls. */
  helper(node: NodeId, chosen: string | null): ReactNode;
}

/** The calls to models made by one step. */
export function Calls({ run, calls, chosen, helper }: Props & { calls: number[] }) {
  const [most, setMost] = useState(FIRST_CALLS);
  const picked = chosen === null ? -1 : calls.findIndex((id) => within(run.view, id).includes(chosen));
  const shown = calls.slice(0, Math.max(most, picked + 1));
  return (
    <div className={s.calls}>
      {shown.map((id) => {
        const call = run.view.calls.get(id);
        return call && <CallRow key={id} run={run} call={call} chosen={id === calls[picked] ? chosen : null} helper={helper} />;
      })}
      {shown.length < calls.length && (
        <button type="button" className={s.link} onClick={() => setMost(shown.length + MORE_CALLS)}>
          Show {count(calls.length - shown.length)} more
        </button>
      )}
    </div>
  );
}

function CallRow({ run, call, chosen, helper }: Props & { call: Call }) {
  const [open, setOpen] = useState(chosen !== null);
  const itself = chosen === callKey(call.id);
  const [seen, setSeen] = useState(chosen);
  const head = useRef<HTMLButtonElement>(null);
  if (chosen !== seen) {
    setSeen(chosen);
    if (chosen) setOpen(true);
  }
  useEffect(() => {
    if (itself) head.current?.scrollIntoView({ block: "center" });
  }, [itself]);
  const reply = call.text || run.log.partials[partialKey(call.node, call.id)];
  const cutOff = whyIncomplete(run.view, call.id);
  const states = { running: "in progress", done: "answered", failed: "no answer", broken: "cut off" };
  return (
    <div className={s.call}>
      <button
        type="button"
        ref={head}
        className={s.callHead}
        data-chosen={itself ? "" : undefined}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <span className={s.state} data-state={call.state} role="img" aria-label={states[call.state]} />
        <span className={`${s.words} clip`}>{firstLine(call.promptHead)}</span>
        <Spent
          run={run}
          start={call.start}
          end={call.end}
          running={call.state === "running"}
          cost={callCost(run.view, call.id)}
        />
      </button>
      {open && (
        <div className={s.callMore}>
          <span className={s.label}>Asked of {call.model}</span>
          <Prompt run={run.id} call={call} />
          {call.child !== undefined && (
            <>
              <span className={s.label}>The helper’s steps</span>
              {helper(call.child, chosen)}
            </>
          )}
          {reply && (
            <>
              <span className={s.label}>Reply</span>
              <Output label="Reply">{reply}</Output>
            </>
          )}
          {cutOff && <span className={s.label}>{cutOff}</span>}
          {call.error && (
            <>
              <span className={s.label}>Why there is no reply</span>
              <Output label="Why there is no reply">{call.error.message}</Output>
            </>
          )}
        </div>
      )}
    </div>
  );
}

function Prompt({ run, call }: { run: string; call: Call }) {
  const platform = usePlatform();
  const [whole, setWhole] = useState(false);
  const prompt = useQuery({
    queryKey: ["read_prompt", run, call.prompt],
    queryFn: () => platform.call("read_prompt", { run, prompt: call.prompt }),
    enabled: whole,
  });
  return (
    <>
      <Output label="Prompt">{prompt.data?.text ?? call.promptHead}</Output>
      {prompt.error ? (
        <span className={s.label}>{prompt.error.message}</span>
      ) : (
        !prompt.data && (
          <button type="button" className={s.link} onClick={() => setWhole(true)}>
            Show the whole prompt
          </button>
        )
      )}
    </>
  );
}
