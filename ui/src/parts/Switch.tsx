import { Switch as Base } from "@base-ui/react/switch";
import { useId } from "react";
import s from "./Switch.module.css";

interface Props {
  label: string;
  about: string;
  on: boolean;
  onChange(on: boolean): void;
  testid?: string;
}

/** A switch that takes effect at once. */
export function Switch({ label, about, on, onChange, testid }: Props) {
  const id = useId();
  return (
    <div className={s.row}>
      <Base.Root
        className={s.track}
        checked={on}
        onCheckedChange={onChange}
        aria-labelledby={`${id}-label`}
        aria-describedby={`${id}-about`}
        data-testid={testid}
      >
        <Base.Thumb className={s.thumb} />
      </Base.Root>
      <span onClick={() => onChange(!on)}>
        <b id={`${id}-label`}>{label}</b>
        <span id={`${id}-about`}>{about}</span>
      </span>
    </div>
  );
}
