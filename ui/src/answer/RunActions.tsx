import { Check, Copy, RotateCcw, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import type { OpenRun } from "../data/following/useRun";
import { useNavigation } from "../data/place";
import { useDeleteRun } from "../data/queries";
import { report } from "../data/trouble";
import { Button } from "../parts/Button";
import { Confirm } from "../parts/Modal";

import { asPlainText } from "../run/citations";
import s from "./AnswerPane.module.css";
import { SaveMenu } from "./SaveMenu";

/** Buttons below an answer: copy, save, ask again, delete. */
export function RunActions({ run, answer }: { run: OpenRun; answer: string }) {
  const { go } = useNavigation();

  const [deleting, setDeleting] = useState(false);
  const remove = useDeleteRun();
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
          about="This deletes the answer and its steps for good. The cost stays in Spending."
          action="Delete"
          onConfirm={() => remove.mutate(run.id)}
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
            "Plumb could not copy the answer because the system denied access to the clipboard. Select the text and copy it yourself.",
        }),
    );
  return (
    <Button look="quiet" onClick={() => void copy()} style={{ minWidth: 80, justifyContent: "flex-start" }}>
      {copied ? <Check size={14} /> : <Copy size={14} />} <span aria-live="polite">{copied ? "Copied" : "Copy"}</span>
    </Button>
  );
}
