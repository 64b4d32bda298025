import { Menu } from "@base-ui/react/menu";
import { Braces, Download, FileText } from "lucide-react";
import type { OpenRun } from "../data/following/useRun";
import { report } from "../data/trouble";
import { Button } from "../parts/Button";
import m from "../parts/Menu.module.css";
import { MenuPopup } from "../parts/MenuPopup";
import { usePlatform } from "../platform";
import { asMarkdown, asRecord, fileStem } from "../run/exported";

/** Menu that saves the answer, or the whole record, as a file. */
export function SaveMenu({ run, answer }: { run: OpenRun; answer: string }) {
  const platform = usePlatform();
  const stem = fileStem(run.view.question);
  const save = (name: string, text: string) => void platform.saveText(name, text).catch(report);
  return (
    <Menu.Root>
      <Menu.Trigger
        render={
          <Button look="quiet" data-testid="save-menu">
            <Download size={14} /> Save…
          </Button>
        }
      />
      <MenuPopup>
        <Menu.Item
          className={m.choice}
          data-testid="save-answer"
          onClick={() => save(`${stem}.md`, asMarkdown(run.log.events, answer))}
        >
          <span>
            <FileText size={14} />
          </span>
          <span>
            <b>The answer</b>
            <small>A text file with the sources, the cost, and a list of everything that left this computer.</small>
          </span>
        </Menu.Item>
        <Menu.Item className={m.choice} data-testid="save-record" onClick={() => save(`${stem}.jsonl`, asRecord(run.log.events))}>
          <span>
            <Braces size={14} />
          </span>
          <span>
            <b>The whole record</b>
            <small>Every step and every reply, for other programs to read.</small>
          </span>
        </Menu.Item>
      </MenuPopup>
    </Menu.Root>
  );
}
