import { Banner } from "../../parts/Banner";
import type { Failure } from "../../platform";

const titles: Readonly<Record<string, string>> = {
  no_worker: "Nothing answered from there",
  not_sealed: "It cannot be sealed off there, so no code runs there",
};

/** Why a place for code cannot be used. What is simply not done from here is no fault. */
export function Refusal({ failure: { code, message } }: { failure: Failure }) {
  return (
    <Banner calm={code === "not_allowed"} title={titles[code]} testid="code-refusal">
      {message}
    </Banner>
  );
}
