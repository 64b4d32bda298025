import { useDeferredValue, useMemo, useState } from "react";
import type { Documents } from "../bindings/Documents";
import type { Library } from "../bindings/Library";
import { useDocuments } from "../data/queries";
import { useNavigation } from "../data/place";
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

/** Everything in a library: what each document is, what became of it, and what is left out. */
export function DocumentsPane({ library }: { library: Library }) {
  const documents = useDocuments(library.id, library.overview !== undefined);
  if (library.problem) {
    return (
      <div className={s.pad}>
        <Banner title="This library cannot be opened just now">{library.problem.message}</Banner>
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
            title="The documents could not be listed"
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
        <Totals library={library} leftOut={documents.overview.left_out} cut={documents.entries.length} />
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
        <Segments
          label="Which documents are shown"
          value={shown}
          options={options(counts)}
          onChange={(chosen) => setShown(chosen)}
        />
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
      ? "There are no documents here, apart from what is left out by rules. The button beside the search lists that too."
      : "There are no documents here. Put some into the folder: they appear by themselves.";
  if (sought) return `No document ${shown === "all" ? "" : "among these "}has this in its name or folder. Try fewer letters.`;
  if (shown === "problems") return "No problems are known. Documents that were not read yet may have some.";
  return shown === "left_out" ? "Nothing is left out." : "There is nothing that can be read here.";
}
