import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import { focusedKeys, keyLabel } from "../actions";
import type { Library } from "../bindings/Library";
import type { ModeChoice } from "../bindings/ModeChoice";
import type { Settings } from "../bindings/Settings";
import { useNavigation } from "../data/place";
import { useBuiltInModels } from "../data/queries";
import { Button } from "../parts/Button";
import { modelWords } from "../settings/models/modelWords";
import { plural } from "../text/format";
import { useAction, withKeys } from "../useActions";
import s from "./AskBox.module.css";
import { EstimateLine, useEstimate } from "./EstimateLine";
import { LimitPill } from "./LimitPill";
import { ModePill } from "./ModePill";
import { useAsk } from "./useAsk";

interface Props {
  settings: Settings;
  library: Library | undefined;
  /** The open run is in progress. */
  running: boolean;
}

/** The question box, with the estimated cost and the way to answer. */
export function AskBox({ settings, library, running }: Props) {
  const { place, go } = useNavigation();
  const settingsAction = useAction("openSettings");
  const stop = useAction("stop");
  const ask = useAsk();
  const input = useRef<HTMLTextAreaElement>(null);
  const { question } = place.draft;
  const mode: ModeChoice = place.draft.mode ?? "auto";
  const [limit, setLimit] = useState<number | undefined>(settings.limits.max_cost_usd);
  const modelName = modelWords(settings, undefined, useBuiltInModels().data).name;
  const cannot = whyNot(settings, library);

  useEffect(() => {
    if (place.run === null) input.current?.focus();
  }, [place.run, place.library]);
  // While the box has no focus, only another part of the window changes the question.
  useEffect(() => {
    if (question) input.current?.focus();
  }, [question]);

  // The box grows with the question.
  useLayoutEffect(() => {
    if (!input.current) return;
    input.current.style.height = "0";
    input.current.style.height = `${input.current.scrollHeight}px`;
  }, [question]);

  const asked = {
    library: library?.id ?? "",
    mode,
    limits: { ...settings.limits, max_cost_usd: limit },
  };
  const estimated = !cannot && library?.overview ? asked : undefined;
  const models = JSON.stringify([settings.model, settings.sub_model, library?.overview?.tokens_estimate]);
  const estimate = useEstimate(estimated, models);
  const free = estimate?.cost.kind === "free";
  const ready = !cannot && question.trim() !== "" && !ask.isPending;
  const send = () => {
    if (!ready) return;
    ask.mutate({ question: question.trim(), ...asked }, { onSuccess: () => go({ draft: { question: "", mode } }) });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      send();
    }
  };
  const documents = library?.overview?.documents;
  const placeholder =
    cannot ??
    (documents === 1
      ? "Ask about this document"
      : documents
        ? `Ask about these ${plural(documents, "document")}`
        : `Ask about ${library?.name ?? ""}`);
  return (
    <div className={s.ask}>
      <textarea
        ref={input}
        rows={1}
        data-testid="ask-input"
        className={s.input}
        aria-label="Your question"
        placeholder={placeholder}
        value={question}
        onChange={(event) => go({ draft: { ...place.draft, question: event.target.value } })}
        onKeyDown={onKeyDown}
      />
      <div className={s.options}>
        <ModePill mode={mode} onChange={(chosen) => go({ draft: { question, mode: chosen } })} />
        {(estimate ? !free : !estimated) && <LimitPill limit={limit} onChange={setLimit} />}
        <button
          type="button"
          className={`${s.model} clip`}
          onClick={settingsAction.run}
          title={withKeys("Change the model", settingsAction.keys)}
        >
          {modelName}
          {free && " · free"}
        </button>
        <span className={s.go}>
          {running && (
            // A tooltip would take the first Esc for itself, so the tip is a plain title.
            <Button data-testid="stop-button" onClick={stop.run} title={stop.tip}>
              {stop.name}
            </Button>
          )}
          <Button
            look="primary"
            data-testid="ask-button"
            disabled={!ready}
            onClick={send}
            title={
              cannot ??
              (question.trim() === "" ? "Write a question first" : withKeys(focusedKeys.ask.name, keyLabel(focusedKeys.ask.keys)))
            }
          >
            {focusedKeys.ask.name}
          </Button>
        </span>
      </div>
      {estimated && <EstimateLine estimate={estimate} />}
    </div>
  );
}

/** Why you cannot ask now, and what to do about it. */
function whyNot(settings: Settings, library: Library | undefined): string | undefined {
  if (!settings.model) return "Choose a model first";
  if (!library) return "Add a folder first";
  if (library.problem) return library.problem.message;
  if (library.overview?.documents === 0) return "This folder holds no document that Plumb can read";
  return undefined;
}
