import s from "./Bar.module.css";
import { cx } from "./cx";

/** A progress bar. `part` is a fraction from 0 to 1. */
export function Bar({
  label,
  part,
  warn,
  className,
}: {
  label: string;
  part: number;
  warn?: boolean;
  className?: string | undefined;
}) {
  const percent = Math.round(Math.min(1, Math.max(0, part)) * 1000) / 10;
  return (
    <span
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
      className={cx(s.track, warn && s.full, className)}
    >
      <span className={s.part} style={{ width: `${percent}%` }} />
    </span>
  );
}
