import type { ReactNode } from "react";
import { Button } from "./Button";
import s from "./Screen.module.css";

interface Props {
  title: string;
  testid: string;
  /** Tip of the button that closes the screen. */
  tip: string;
  onClose(): void;
  children: ReactNode;
}

/** A screen that takes the place of the answer: a title, a way back, and its content. */
export function Screen({ title, testid, tip, onClose, children }: Props) {
  return (
    <main className={s.page} data-testid={testid}>
      <div className={s.bar}>
        <h1>{title}</h1>
        <Button onClick={onClose} title={tip}>
          Done
        </Button>
      </div>
      {children}
    </main>
  );
}
