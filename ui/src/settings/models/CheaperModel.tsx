import type { ModelFacts } from "../../bindings/ModelFacts";
import { Button } from "../../parts/Button";
import s from "../Settings.module.css";

/** Offers a cheaper model of the same provider for reading the pieces. */
export function CheaperModel({ facts, onTake }: { facts: ModelFacts | undefined; onTake(name: string): void }) {
  const { cheaper, price } = facts ?? {};
  if (!cheaper || !price) return null;
  const times = Math.floor(price.input / cheaper.price.input);
  return (
    <div className={s.buttons} data-testid="cheaper-model">
      <span className={s.said}>
        {cheaper.name} can read the pieces. It costs {times > 2 ? `${times} times less` : "less than half"}.
      </span>
      <Button onClick={() => onTake(cheaper.name)}>Use {cheaper.name} for pieces</Button>
    </div>
  );
}
