import { CircleAlert, Info, X } from "lucide-react";
import type { ReactNode } from "react";
import s from "./Banner.module.css";
import { IconButton } from "./Button";
import { cx } from "./cx";

interface Props {
  title?: string | undefined;
  calm?: boolean;
  children: ReactNode;
  acts?: ReactNode;
  onClose?: () => void;
  testid?: string;
}

/** A message with the actions it suggests. `calm` is for information, the default is for problems. */
export function Banner({ title, calm, children, acts, onClose, testid }: Props) {
  return (
    <div role={calm ? "status" : "alert"} className={cx(s.banner, calm && s.calm)} data-testid={testid}>
      {calm ? <Info size={15} /> : <CircleAlert size={15} />}
      <div className={s.words}>
        {title && <strong>{title}</strong>}
        {children}
      </div>
      {acts && <div className={s.acts}>{acts}</div>}
      {onClose && (
        <IconButton label="Close this message" onClick={onClose}>
          <X size={14} />
        </IconButton>
      )}
    </div>
  );
}
