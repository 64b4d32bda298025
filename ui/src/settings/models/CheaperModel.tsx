import type { ModelFacts } from "../../bindings/ModelFacts";
import { Button } from "../../parts/Button";
import s from "../Settings.module.css";

/** A strong model need not read every piece itself: one press takes a cheap one of the same provider for that. */
export function CheaperModel({ facts, onTake }: { facts: ModelFacts | undefined; onTake(name: string): void }) {
  const { cheaper, price } = facts ?? {};
  if (!cheaper || !price) return null;
  const times = Math.floor(price.input / cheaper.price.input);
  return (
    <div className={s.buttons} data-testid="cheaper-model">
      <span className={s.said}>
        Pieces can be read by {cheaper.name}, which costs {times > 2 ? `${times} times less` : "less than half"}.
      </span>
      <Button onClick={() => onTake(cheaper.name)}>Use {cheaper.name} for pieces</Button>
    </div>
  );
}
