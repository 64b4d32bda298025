import { useCallback, useState } from "react";

/** Which containers the person has opened and closed. */
export function useOpened(): [ReadonlyMap<string, boolean>, (path: string, open: boolean) => void] {
  const [opened, setOpened] = useState<ReadonlyMap<string, boolean>>(new Map());
  const toggle = useCallback((path: string, open: boolean) => setOpened((was) => new Map(was).set(path, open)), []);
  return [opened, toggle];
}
