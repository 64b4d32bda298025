import { useMutation } from "@tanstack/react-query";
import { Check, Copy, RotateCcw, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { report, useRunLogs } from "../data/host";
import { useNavigation } from "../data/place";
import type { OpenRun } from "../data/useRun";
import { Button } from "../parts/Button";
import { Confirm } from "../parts/Modal";
import { usePlatform } from "../platform";
import { asPlainText } from "../run/citations";
import s from "./Middle.module.css";
import { SaveMenu } from "./SaveMenu";

/** What can be done with a run that has ended. */
export function RunActions({ run, answer }: { run: OpenRun; answer: string }) {
  const { go } = useNavigation();
  const platform = usePlatform();
  const logs = useRunLogs();
  const [deleting, setDeleting] = useState(false);
  const remove = useMutation({
    mutationFn: () => platform.call("delete_run", { run: run.id }),
    onSuccess: () => {
      go({ run: null, source: null });
      logs.forget(run.id);
    },
    onError: report,
  });
  const { question, options } = run.view;
  return (
    <div className={s.acts}>
      {answer && <CopyButton text={asPlainText(answer, run.view.citations)} />}
      <SaveMenu run={run} answer={answer} />
      <Button look="quiet" onClick={() => go({ draft: { question, mode: options?.mode } })}>
        <RotateCcw size={14} /> Ask again…
      </Button>
      <Button look="quiet" onClick={() => setDeleting(true)}>
        <Trash2 size={14} /> Delete
      </Button>
      {deleting && (
        <Confirm
          title="Delete this question?"
          about="Its answer and how it was found will be gone for good. What it cost stays in Spending."
          action="Delete"
          onConfirm={() => remove.mutate()}
          onClose={() => setDeleting(false)}
        />
      )}
    </div>
  );
}

function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () =>
        report({
          code: "no_clipboard",
          message:
            "The answer could not be copied: the system did not give access to the clipboard. Select the text and copy it yourself.",
        }),
    );
  return (
    <Button look="quiet" onClick={() => void copy()} style={{ minWidth: 80, justifyContent: "flex-start" }}>
      {copied ? <Check size={14} /> : <Copy size={14} />} <span aria-live="polite">{copied ? "Copied" : "Copy"}</span>
    </Button>
  );
}
