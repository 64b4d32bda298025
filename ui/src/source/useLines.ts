import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import type { ReadLines } from "../bindings/ReadLines";
import { usePlatform, type Platform } from "../platform";
import { lineOf, type LineText } from "./longLines";

/** Lines are read in pieces of this many. */
export const PIECE = 200;

/** Which text is shown: a document as it is, or as a run saw it. */
export interface TextOf {
  library: string;
  path: string;
  run?: string | undefined;
}

const pieceOf = (line: number) => Math.floor(Math.max(0, line - 1) / PIECE);

const request = (platform: Platform, { library, path, run }: TextOf, piece: number) => {
  const lines: ReadLines = { library, path, start_line: piece * PIECE + 1, max_lines: PIECE, ...(run ? { run } : {}) };
  return {
    queryKey: ["read_lines", library, path, run ?? "", piece],
    queryFn: () => platform.call("read_lines", lines),
    // Files change under us; a look now and then is cheap.
    staleTime: 10_000,
    // A walk through a long log leaves its pieces behind.
    gcTime: 30_000,
  };
};

/** The piece in which a line lies, and with it what is known of the whole. */
export function useText(of: TextOf, line: number) {
  const platform = usePlatform();
  // Another place in the same document: until it is here, what is known of the whole stays.
  return useQuery({ ...request(platform, of, pieceOf(line)), placeholderData: keepPreviousData });
}

/** The lines from `first` to `last`, from 1, as far as they have arrived. */
export function useLines(of: TextOf, first: number, last: number): (line: number) => LineText | undefined {
  const platform = usePlatform();
  const from = pieceOf(first);
  const pieces = Array.from({ length: pieceOf(last) - from + 1 }, (_, i) => from + i);
  return useQueries({
    queries: pieces.map((piece) => request(platform, of, piece)),
    combine: (results) => {
      const parts = results.flatMap(({ data }) => (data ? [data] : []));
      return (line: number) => lineOf(parts, line);
    },
  });
}
