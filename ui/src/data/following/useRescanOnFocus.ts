import { useEffect } from "react";
import type { Library } from "../../bindings/Library";
import { usePlatform } from "../../platform";

/** Folders whose changes do not show by themselves are listed again when the window is looked at. */
export function useRescanOnFocus(libraries: Library[] | undefined): void {
  const platform = usePlatform();
  const unwatched = libraries?.filter((library) => library.not_watched !== undefined).map((library) => library.id);
  const which = unwatched?.join() ?? "";
  useEffect(() => {
    if (!which) return undefined;
    // What keeps a folder from being listed is shown where the folder is.
    const rescan = () => which.split(",").forEach((library) => void platform.call("rescan", { library }).catch(() => undefined));
    window.addEventListener("focus", rescan);
    return () => window.removeEventListener("focus", rescan);
  }, [platform, which]);
}
