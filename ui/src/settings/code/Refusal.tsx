import { Banner } from "../../parts/Banner";
import type { Failure, FailureCode } from "../../platform";

const titles: Readonly<Partial<Record<FailureCode, string>>> = {
  no_worker: "The command gave no answer",
  not_sealed: "Code cannot be sealed off there, so Plumb runs none",
};

/** Why a place for code cannot be used. A choice that is not allowed from here is shown as information, not as an error. */
export function Refusal({ failure: { code, message } }: { failure: Failure }) {
  return (
    <Banner calm={code === "not_allowed"} title={titles[code]} testid="code-refusal">
      {message}
    </Banner>
  );
}
