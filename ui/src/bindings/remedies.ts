import type { Code } from "./Code";
import type { Remedy } from "./Remedy";

export const remedies: Readonly<Partial<Record<Code, Remedy>>> = {};
