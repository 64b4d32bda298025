import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import type { Library } from "../bindings/Library";
import type { ModeChoice } from "../bindings/ModeChoice";
import type { Settings } from "../bindings/Settings";
import { report, useBuiltInModels } from "../data/host";
import { useNavigation } from "../data/place";
import { Button, Tip } from "../parts/Button";
import { usePlatform } from "../platform";
import { modelWords } from "../settings/words";
import { plural } from "../text/format";
import s from "./AskBox.module.css";
import { EstimateLine } from "./EstimateLine";
import { LimitPill } from "./LimitPill";
import { ModePill } from "./ModePill";

interface Props {
  settings: Settings;
  library: Library | undefined;
  /** The run that is shown and under way. */
  running: string | null;
}

/** Where a question is asked; cost and way are known before Enter. */
export function AskBox({ settings, library, running }: Props) {
  const { place, go } = useNavigation();
  const platform = usePlatform();
  const client = useQueryClient();
  const input = useRef<HTMLTextAreaElement>(null);
  const { question } = place.draft;
  const mode: ModeChoice = place.draft.mode ?? "auto";
  const [limit, setLimit] = useState<number | undefined>(settings.limits.max_cost_usd);
  const local = settings.model?.provider === "local";
  const modelName = modelWords(settings, undefined, useBuiltInModels().data).name;
  const cannot = whyNot(settings, library);

  useEffect(() => {
    if (place.run === null) input.current?.focus();
  }, [place.run, place.library]);
  // Only a question that was put in from elsewhere changes while the box has no focus.
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
    limits: { ...settings.limits, max_cost_usd: local ? settings.limits.max_cost_usd : limit },
  };
  const ask = useMutation({
    mutationFn: () => platform.call("ask", { question: question.trim(), ...asked }),
    onSuccess: (summary) => {
      go({ run: summary.run_id, draft: { question: "", mode }, source: null, tab: "found" });
      void client.invalidateQueries({ queryKey: ["runs"] });
    },
    onError: report,
  });
  const stop = useMutation({ mutationFn: (run: string) => platform.call("stop", { run }), onError: report });
  const ready = !cannot && question.trim() !== "" && !ask.isPending;
  const send = () => ready && ask.mutate();
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
        {!local && <LimitPill limit={limit} onChange={setLimit} />}
        <button type="button" className={`${s.model} clip`} onClick={() => go({ screen: "settings" })} title="Change the model">
          {modelName}
          {local && " · free"}
        </button>
        <span className={s.go}>
          {running && (
            <Tip text="Esc">
              <Button data-testid="stop-button" disabled={stop.isPending} onClick={() => stop.mutate(running)}>
                Stop
              </Button>
            </Tip>
          )}
          <Button
            look="primary"
            data-testid="ask-button"
            disabled={!ready}
            onClick={send}
            title={cannot ?? (question.trim() === "" ? "Write a question first" : "Enter")}
          >
            Ask
          </Button>
        </span>
      </div>
      {!cannot && library?.overview && (
        <EstimateLine
          ask={asked}
          model={JSON.stringify([settings.model, settings.sub_model, library.overview.tokens_estimate])}
        />
      )}
    </div>
  );
}

function whyNot(settings: Settings, library: Library | undefined): string | undefined {
  if (!settings.model) return "Choose a model first";
  if (!library) return "Add a folder first";
  if (library.problem) return library.problem.message;
  if (library.overview?.documents === 0) return "There is no document in this folder that can be asked about";
  return undefined;
}
