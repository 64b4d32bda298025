import { useCallback, useRef } from "react";

/**
 * The part of the window that an element stands in. What opens over the window is drawn there: outside of all parts, somebody who
 * moves from part to part with a screen reader never comes to it.
 */
export function useLandmark() {
  const landmark = useRef<HTMLElement>(null);
  const inside = useCallback((element: HTMLElement | null) => {
    landmark.current = element?.closest<HTMLElement>("main, nav, section[aria-label], [role=dialog]") ?? null;
  }, []);
  return { landmark, inside };
}
