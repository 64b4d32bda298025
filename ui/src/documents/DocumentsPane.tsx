import { useDeferredValue, useMemo, useState } from "react";
import type { Documents } from "../bindings/Documents";
import type { Library } from "../bindings/Library";
import { useNavigation } from "../data/place";
import { useDocuments } from "../data/queries";
import { Banner } from "../parts/Banner";
import { Button } from "../parts/Button";
import { Segments } from "../parts/Segments";
import { short } from "../text/format";
import s from "./DocumentsPane.module.css";
import { DocumentTree } from "./DocumentTree";
import { group, rowsOf } from "./grouping";
import { Listed } from "./Listed";
import { PicturesOffer } from "./PicturesOffer";
import { ReadAll } from "./ReadAll";
import { chooser, countsOf, shownWords, type Counts, type Shown } from "./states";
import { Totals } from "./Totals";
import { useOpened } from "./useOpened";

/** All documents of a library, with their state and the files left out. */
export function DocumentsPane({ library }: { library: Library }) {
  const documents = useDocuments(library.id, library.overview !== undefined);
  if (library.problem) {
    return (
      <div className={s.pad}>
        <Banner title="Plumb cannot open this library right now">{library.problem.message}</Banner>
      </div>
    );
  }
  return (
    <div className={s.pane} data-testid="documents">
      {documents.data ? (
        <Listing library={library} documents={documents.data} />
      ) : (
        <div className={s.top}>
          <Totals library={library} />
        </div>
      )}
      {documents.error && (
        <div className={s.pad}>
          <Banner
            title="Plumb could not list the documents"
            acts={<Button onClick={() => void documents.refetch()}>Try again</Button>}
          >
            {documents.error.message}
          </Banner>
        </div>
      )}
    </div>
  );
}

function Listing({ library, documents }: { library: Library; documents: Documents }) {
  const { go } = useNavigation();
  const [shown, setShown] = useState<Shown>("all");
  const [sought, setSought] = useState("");
  const wanted = useDeferredValue(sought.trim());
  const [opened, toggle] = useOpened();
  const counts = useMemo(() => countsOf(documents.entries), [documents]);
  const grouped = useMemo(() => group(documents.entries), [documents]);
  const rows = useMemo(() => rowsOf(grouped, { wanted: chooser(shown, wanted), opened }), [grouped, shown, wanted, opened]);
  return (
    <>
      <div className={s.top}>
        <Totals library={library} leftOut={documents.overview.left_out} listed={documents.entries.length} />
        <ReadAll library={library.id} counts={counts} />
        <PicturesOffer pictures={counts.pictures} />
        <div className={s.find}>
          <input
            className={s.filter}
            aria-label="Find a document by name"
            placeholder="Find a document by name"
            value={sought}
            onChange={(event) => setSought(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Escape" || !sought) return;
              event.stopPropagation();
              setSought("");
            }}
            spellCheck={false}
          />
          <Listed library={library} leftOut={documents.left_out_by_rules} />
        </div>
        <Segments label="Documents to show" value={shown} options={options(counts)} onChange={(chosen) => setShown(chosen)} />
      </div>
      {rows.length > 0 ? (
        <DocumentTree
          rows={rows}
          label="Documents"
          onToggle={toggle}
          onOpen={({ path, kind }) => go({ source: { library: library.id, path, kind, startLine: 1, endLine: 1 } })}
        />
      ) : (
        <p className={s.empty} role="status">
          {empty(shown, wanted, documents)}
        </p>
      )}
    </>
  );
}

const options = (counts: Counts) =>
  (Object.keys(shownWords) as Shown[]).map((shown) => [shown, `${shownWords[shown]} ${short(counts[shown])}`] as const);

function empty(shown: Shown, sought: string, { entries, left_out_by_rules: leftOut }: Documents): string {
  if (entries.length === 0)
    return leftOut.length > 0
      ? "There are no documents here except those that rules leave out. Use the button beside the search to list them too."
      : "There are no documents here. Put some into the folder, and they appear by themselves.";
  if (sought) return `No document ${shown === "all" ? "" : "among these "}has this in its name or folder. Try fewer letters.`;
  if (shown === "problems") return "No known problems. Documents that Plumb has not read yet may have some.";
  return shown === "left_out" ? "Nothing is left out." : "Plumb can read no document here.";
}
