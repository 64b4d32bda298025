import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { OpenRun } from "../data/useRun";
import { partialKey } from "../data/runLog";
import { usePlatform } from "../platform";
import { callCost, type Call } from "../run/fold";
import { callKey, whyEnded, within } from "../run/story";
import { count, firstLine } from "../text/format";
import { Output } from "./Code";
import { Spent } from "./Spent";
import { Story } from "./Story";
import s from "./Story.module.css";

/** So many are drawn before the person asks for more. */
const FIRST = 20;

/** What was asked of models at one step. */
export function Calls({ run, calls, chosen }: { run: OpenRun; calls: number[]; chosen: string | null }) {
  const [most, setMost] = useState(FIRST);
  const picked = chosen === null ? -1 : calls.findIndex((id) => within(run.view, id).includes(chosen));
  const shown = calls.slice(0, Math.max(most, picked + 1));
  return (
    <div className={s.calls}>
      {shown.map((id) => {
        const call = run.view.calls.get(id);
        return call && <CallRow key={id} run={run} call={call} chosen={id === calls[picked] ? chosen : null} />;
      })}
      {shown.length < calls.length && (
        <button type="button" className={s.link} onClick={() => setMost(shown.length + 200)}>
          {count(calls.length - shown.length)} more
        </button>
      )}
    </div>
  );
}

function CallRow({ run, call, chosen }: { run: OpenRun; call: Call; chosen: string | null }) {
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
  const cutOff = whyEnded(call.finish);
  const states = { running: "under way", done: "answered", failed: "no answer", broken: "broke off" };
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
              <span className={s.label}>How the helper went about it</span>
              <Story run={run} node={call.child} chosen={chosen} />
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
            Show all of it
          </button>
        )
      )}
    </>
  );
}
