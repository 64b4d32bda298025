import { useQuery } from "@tanstack/react-query";
import type { Ask } from "../bindings/Ask";
import { useNavigation } from "../data/place";
import { usePlatform } from "../platform";
import { between } from "../text/format";
import s from "./AskBox.module.css";

/** The estimated cost of a question, and the reason for it. The estimate does not depend on the question's words. */
export function EstimateLine({ ask, model }: { ask: Omit<Ask, "question">; model: string }) {
  const { go } = useNavigation();
  const platform = usePlatform();
  const { data } = useQuery({
    // The host reads the model from the settings; the key makes a new choice fetch a new estimate.
    queryKey: ["estimate", ask, model],
    queryFn: () => platform.call("estimate", { ...ask, question: "" }),
    retry: false,
  });
  if (!data) return <div className={s.estimate} />;
  const { cost, reason, mode_reason } = data;
  return (
    <div className={`${s.estimate} clip`} data-testid="estimate" data-kind={cost.kind} title={`${reason}\n${mode_reason}`}>
      {cost.kind === "between" ? (
        <span className="num">
          About {between(cost.low_usd, cost.high_usd)}: {reason}
        </span>
      ) : cost.kind === "free" ? (
        reason
      ) : (
        <button type="button" className={s.priceless} onClick={() => go({ screen: "settings" })}>
          {reason}
        </button>
      )}
    </div>
  );
}
