import { CircleAlert, CircleCheck, CircleMinus } from "lucide-react";
import type { ReactNode } from "react";
import s from "./Facts.module.css";

/** Facts of one kind. */
export function Facts({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <h3 className={s.title}>{title}</h3>
      <ul>{children}</ul>
    </div>
  );
}

const marks = {
  good: <CircleCheck size={14} aria-label="As it should be" />,
  bad: <CircleAlert size={14} aria-label="Needs a look" />,
  missing: <CircleMinus size={14} aria-label="Not there" />,
};

interface Props {
  name: string;
  look?: keyof typeof marks;
  /** What was measured. */
  found?: string;
  /** What to do about it. */
  advice?: string | undefined;
}

/** One thing that was measured. */
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
