import { Tooltip } from "@base-ui/react/tooltip";
import type { ComponentProps, ReactNode } from "react";
import s from "./Button.module.css";
import { cx } from "./cx";
import t from "./Tip.module.css";

type Look = "primary" | "outline" | "quiet" | "danger";

interface Props extends Omit<ComponentProps<"button">, "disabled"> {
  look?: Look;
  large?: boolean;
  disabled?: boolean;
}

/** A button that stays in the tab order while it is disabled, so that a screen reader can read the reason. */
export function Button({ look = "outline", large, disabled, className, onClick, type = "button", ...rest }: Props) {
  return (
    <button
      {...rest}
      type={type}
      aria-disabled={disabled || undefined}
      onClick={disabled ? (event) => event.preventDefault() : onClick}
      className={cx(s.button, s[look], large && s.large, className)}
    />
  );
}

interface IconProps extends ComponentProps<"button"> {
  label: string;
  /** As shown in the tip: "Ctrl K". */
  keys?: string | undefined;
}

/** A button with only an icon. Its name and keys appear in a tip. */
export function IconButton({ label, keys, className, type = "button", ...rest }: IconProps) {
  return (
    <Tip text={keys ? `${label} · ${keys}` : label}>
      <button {...rest} type={type} aria-label={label} className={cx(s.button, s.icon, className)} />
    </Tip>
  );
}

/** A tip that appears on hover and focus. */
export function Tip({ text, children }: { text: ReactNode; children: React.ReactElement<Record<string, unknown>> }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger render={children} />
      <Tooltip.Portal>
        <Tooltip.Positioner sideOffset={6} className={t.place}>
          <Tooltip.Popup className={t.tip}>{text}</Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
