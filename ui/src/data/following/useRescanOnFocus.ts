import { useEffect } from "react";
import type { Library } from "../../bindings/Library";
import { usePlatform } from "../../platform";

/** Lists folders that cannot be watched again, each time the window gets the focus. */
export function useRescanOnFocus(libraries: Library[] | undefined): void {
  const platform = usePlatform();
  const unwatched = libraries?.filter((library) => library.not_watched !== undefined).map((library) => library.id);
  const which = unwatched?.join() ?? "";
  useEffect(() => {
    if (!which) return undefined;
    // An error is shown with the library itself.
    const rescan = () => which.split(",").forEach((library) => void platform.call("rescan", { library }).catch(() => undefined));
    window.addEventListener("focus", rescan);
    return () => window.removeEventListener("focus", rescan);
  }, [platform, which]);
}
