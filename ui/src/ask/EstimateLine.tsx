import { skipToken, useQuery } from "@tanstack/react-query";
import type { Ask } from "../bindings/Ask";
import type { Estimate } from "../bindings/Estimate";
import { useNavigation } from "../data/place";
import { usePlatform } from "../platform";
import { between } from "../text/format";
import s from "./AskBox.module.css";

/** The estimated cost of a question; `undefined` until it is known. It does not depend on the question's words. */
export function useEstimate(ask: Omit<Ask, "question"> | undefined, model: string): Estimate | undefined {
  const platform = usePlatform();
  const { data } = useQuery({
    // The host reads the model from the settings; the key makes a new choice fetch a new estimate.
    queryKey: ["estimate", ask, model],
    queryFn: ask ? () => platform.call("estimate", { ...ask, question: "" }) : skipToken,
    retry: false,
  });
  return data;
}

/** The estimated cost of a question, and the reason for it. */
export function EstimateLine({ estimate }: { estimate: Estimate | undefined }) {
  const { go } = useNavigation();
  if (!estimate) return <div className={s.estimate} />;
  const { cost, reason, mode_reason } = estimate;
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
