import { useCallback, useRef } from "react";

/**
 * Finds the landmark around an element. Popups are drawn inside it: outside all landmarks, screen reader users who move from landmark to
 * landmark would never reach them.
 */
export function useLandmark() {
  const landmark = useRef<HTMLElement>(null);
  const inside = useCallback((element: HTMLElement | null) => {
    landmark.current = element?.closest<HTMLElement>("main, nav, section[aria-label], [role=dialog]") ?? null;
  }, []);
  return { landmark, inside };
}
