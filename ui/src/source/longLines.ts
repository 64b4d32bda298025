// Lines too long to be sent whole.
import type { Lines } from "../bindings/Lines";

export interface LineText {
  text: string;
  /** Number of characters at its end that the host did not send. */
  missing: number;
}

/** A line, found in the parts of a text that have arrived. */
export function lineOf(parts: readonly Lines[], line: number): LineText | undefined {
  // A kept version may begin later than the requested line.
  const part = parts.findLast(({ start_line: start }) => start <= line);
  const text = part?.lines[line - part.start_line];
  if (part === undefined || text === undefined) return undefined;
  return { text, missing: part.cut.find((cut) => cut.line === line)?.missing ?? 0 };
}

/** Whether one of these lines was cut. */
export const isCut = ({ cut }: Lines, first: number, last: number) => cut.some(({ line }) => line >= first && line <= last);
