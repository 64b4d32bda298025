import { memo } from "react";
import { pieces } from "../text/python";
import s from "./Code.module.css";

/** Python code with syntax colours. */
export const Code = memo(function Code({ code }: { code: string }) {
  return (
    <pre className={s.code} tabIndex={0} role="group" aria-label="Code">
      {pieces(code).map((piece, i) =>
        piece.kind === "plain" ? (
          piece.text
        ) : (
          <span key={i} className={s[piece.kind]}>
            {piece.text}
          </span>
        ),
      )}
    </pre>
  );
});

/** Plain output, in a monospaced font. */
export function Output({ label, children }: { label: string; children: string }) {
  return (
    <pre className={`${s.code} ${s.output}`} tabIndex={0} role="group" aria-label={label}>
      {children}
    </pre>
  );
}
