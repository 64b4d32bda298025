import { useEffect, useState } from "react";
import type { Platform } from "./platform";

/** Whether something is being dragged over the window. A browser does not tell the path of a drop, so `onBlindDrop` opens a dialog. */
export function useDrop(platform: Platform, onBlindDrop: () => void): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    if (platform.onDragOver) return platform.onDragOver(setOver);
    let depth = 0;
    const enter = () => setOver(++depth > 0);
    const leave = () => setOver(--depth > 0);
    const hold = (event: DragEvent) => event.preventDefault();
    const drop = (event: DragEvent) => {
      event.preventDefault();
      depth = 0;
      setOver(false);
      onBlindDrop();
    };
    const on = { dragenter: enter, dragleave: leave, dragover: hold, drop } as const;
    const names = Object.keys(on) as (keyof typeof on)[];
    for (const name of names) window.addEventListener(name, on[name]);
    return () => {
      for (const name of names) window.removeEventListener(name, on[name]);
    };
  }, [platform, onBlindDrop]);
  return over;
}
