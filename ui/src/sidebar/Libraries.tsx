import { useMutation } from "@tanstack/react-query";
import { CircleAlert, Lock, Plus } from "lucide-react";
import { useState } from "react";
import type { Library } from "../bindings/Library";
import { useNavigation } from "../data/place";
import { useLibraries } from "../data/queries";
import { report } from "../data/trouble";
import { Tip } from "../parts/Button";
import { cx } from "../parts/cx";
import { Confirm } from "../parts/Modal";
import { moveBetweenRows } from "../parts/rows";
import { usePlatform } from "../platform";
import { count } from "../text/format";
import { useAction } from "../useActions";
import { LibraryMenu } from "./LibraryMenu";
import s from "./Sidebar.module.css";

/** The list of libraries, and the button that adds one. */
export function Libraries({ shown }: { shown: string | undefined }) {
  const { place, go } = useNavigation();
  const addFolder = useAction("addFolder");
  const platform = usePlatform();
  const libraries = useLibraries().data ?? [];
  const [removing, setRemoving] = useState<Library | null>(null);
  const remove = useMutation({
    mutationFn: (library: Library) => platform.call("close_library", { library: library.id }),
    onSuccess: (_, library) => library.id === place.library && go({ library: null }),
    onError: report,
  });
  return (
    <section className={s.libraries} aria-labelledby="libraries" onKeyDown={moveBetweenRows}>
      <h2 className={s.heading} id="libraries">
        Libraries
      </h2>
      <ul>
        {libraries.map((library) => (
          <li key={library.id} className={cx(s.row, library.id === shown && s.on)}>
            <button
              type="button"
              data-row
              data-testid="library-item"
              aria-keyshortcuts="Delete"
              className={s.open}
              aria-current={library.id === shown || undefined}
              title={library.sources.join("\n")}
              onClick={() => go({ screen: "ask", library: library.id, run: null, source: null, tab: "source" })}
              onKeyDown={(event) => event.key === "Delete" && setRemoving(library)}
            >
              <span className={s.dot} />
              <span className="clip">{library.name}</span>
              {library.local_only && <Lock size={12} className={s.lock} aria-label="Kept on this computer" />}
              {library.problem ? (
                <CircleAlert size={13} className={s.mark} color="var(--warn)" aria-label={library.problem.message} />
              ) : (
                <small className="num">
                  {library.overview ? count(library.overview.documents) : library.found > 0 ? `${count(library.found)}…` : "…"}
                </small>
              )}
            </button>
            <LibraryMenu library={library} onRemove={() => setRemoving(library)} />
          </li>
        ))}
      </ul>
      <Tip text={addFolder.tip}>
        <button type="button" data-row data-testid="add-folder" className={s.add} onClick={addFolder.run}>
          <Plus size={14} /> {addFolder.name}
        </button>
      </Tip>
      {removing && (
        <Confirm
          title={`Remove “${removing.name}” from the list?`}
          about="Your files stay where they are, and Plumb keeps the questions you asked about them."
          action="Remove"
          onConfirm={() => remove.mutate(removing)}
          onClose={() => setRemoving(null)}
        />
      )}
    </section>
  );
}
