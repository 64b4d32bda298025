import { useCallback, useState } from "react";

/** The containers that you have folded or unfolded. */
export function useOpened(): [ReadonlyMap<string, boolean>, (path: string, open: boolean) => void] {
  const [opened, setOpened] = useState<ReadonlyMap<string, boolean>>(new Map());
  const toggle = useCallback((path: string, open: boolean) => setOpened((was) => new Map(was).set(path, open)), []);
  return [opened, toggle];
}
