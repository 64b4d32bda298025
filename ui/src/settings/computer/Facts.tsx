import { CircleAlert, CircleCheck, CircleMinus } from "lucide-react";
import type { ReactNode } from "react";
import s from "./Facts.module.css";

/** A titled list of facts. */
export function Facts({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <h3 className={s.title}>{title}</h3>
      <ul>{children}</ul>
    </div>
  );
}

const marks = {
  good: <CircleCheck size={14} aria-label="OK" />,
  bad: <CircleAlert size={14} aria-label="Problem" />,
  missing: <CircleMinus size={14} aria-label="Not available" />,
};

interface Props {
  name: string;
  look?: keyof typeof marks;
  /** The measured result. */
  found?: string;
  /** The next thing to do, if there is a problem. */
  advice?: string | undefined;
}

/** One measured fact. */
export function Fact({ name, look = "good", found, advice }: Props) {
  return (
    <li className={s.fact} data-look={look} data-wide={found === undefined || undefined}>
      {marks[look]}
      <b>{name}</b>
      {found !== undefined && <span>{found}</span>}
      {advice && <p>{advice}</p>}
    </li>
  );
}
