import { useEffect } from "react";
import type { Theme } from "./bindings/Theme";

const dark = window.matchMedia("(prefers-color-scheme: dark)");

/** Applies the theme; `system` follows the system, also when the system changes. */
export function useTheme(theme: Theme): void {
  useEffect(() => {
    const show = () => {
      document.documentElement.dataset.theme = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
    };
    show();
    dark.addEventListener("change", show);
    return () => dark.removeEventListener("change", show);
  }, [theme]);
}
