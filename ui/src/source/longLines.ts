// Lines that are too long to be sent whole.
import type { Lines } from "../bindings/Lines";

export interface LineText {
  text: string;
  /** Characters at its end that were not sent. */
  missing: number;
}

/** A line among the pieces of a text that have arrived. */
export function lineOf(parts: readonly Lines[], line: number): LineText | undefined {
  // What was kept of an earlier state may begin later than it was asked for.
  const part = parts.findLast(({ start_line: start }) => start <= line);
  const text = part?.lines[line - part.start_line];
  if (part === undefined || text === undefined) return undefined;
  return { text, missing: part.cut.find((cut) => cut.line === line)?.missing ?? 0 };
}

/** Whether one of these lines is not there as a whole. */
export const isCut = ({ cut }: Lines, first: number, last: number) => cut.some(({ line }) => line >= first && line <= last);
