import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import type { ReadLines } from "../bindings/ReadLines";
import { usePlatform, type Platform } from "../platform";
import { lineOf, type LineText } from "./longLines";

/** Number of lines fetched at once. */
const CHUNK_LINES = 200;

/** The text to show: the current document, or the version a run read. */
export interface TextOf {
  library: string;
  path: string;
  run?: string | undefined;
}

const chunkOf = (line: number) => Math.floor(Math.max(0, line - 1) / CHUNK_LINES);

const request = (platform: Platform, { library, path, run }: TextOf, chunk: number) => {
  const start_line = chunk * CHUNK_LINES + 1;
  const lines: ReadLines = { library, path, start_line, max_lines: CHUNK_LINES, ...(run ? { run } : {}) };
  return {
    queryKey: ["read_lines", library, path, run ?? "", chunk],
    queryFn: () => platform.call("read_lines", lines),
    // Files change while they are open; reading them again is cheap.
    staleTime: 10_000,
    // Scrolling through a long log would otherwise keep all of its chunks in memory.
    gcTime: 30_000,
  };
};

/** The chunk that holds a line, together with facts about the whole text. */
export function useText(of: TextOf, line: number) {
  const platform = usePlatform();
  // After a move within the document, the old facts stay until the new chunk arrives.
  return useQuery({ ...request(platform, of, chunkOf(line)), placeholderData: keepPreviousData });
}

/** The lines from `first` to `last`, counted from 1. Lines that have not arrived are `undefined`. */
export function useLines(of: TextOf, first: number, last: number): (line: number) => LineText | undefined {
  const platform = usePlatform();
  const from = chunkOf(first);
  const chunks = Array.from({ length: chunkOf(last) - from + 1 }, (_, i) => from + i);
  return useQueries({
    queries: chunks.map((chunk) => request(platform, of, chunk)),
    combine: (results) => {
      const parts = results.flatMap(({ data }) => (data ? [data] : []));
      return (line: number) => lineOf(parts, line);
    },
  });
}
