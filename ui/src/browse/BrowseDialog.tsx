import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ArrowUp, Check, File, Folder } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Banner } from "../parts/Banner";
import { Button, IconButton } from "../parts/Button";
import { Modal } from "../parts/Modal";
import { moveBetweenRows } from "../parts/rows";
import { usePlatform, type BrowseRequest } from "../platform";
import { plural } from "../text/format";
import s from "./BrowseDialog.module.css";

/** Chooses folders and files in a browser, where the system's own dialog is not available. */
export function BrowseDialog() {
  const platform = usePlatform();
  const [request, setRequest] = useState<BrowseRequest | null>(null);
  useEffect(() => platform.onBrowse?.(setRequest), [platform]);
  if (!request) return null;
  const settle = (paths: string[] | null) => {
    request.settle(paths);
    setRequest(null);
  };
  return <Browse key={request.want} want={request.want} onSettle={settle} />;
}

function Browse({ want, onSettle }: { want: BrowseRequest["want"]; onSettle(paths: string[] | null): void }) {
  const platform = usePlatform();
  const [folder, setFolder] = useState<string | undefined>();
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const listing = useQuery({
    queryKey: ["browse", folder],
    queryFn: () => platform.call("browse", folder === undefined ? {} : { folder }),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  const here = listing.data;
  const list = useRef<HTMLDivElement>(null);
  // The row you opened is gone, so the focus moves to the new list.
  useEffect(() => {
    if (here?.path) list.current?.focus();
  }, [here?.path]);
  const join = (name: string) => `${here?.path.replace(/\/$/, "") ?? ""}/${name}`;
  const enter = (path: string) => {
    setFolder(path);
    setPicked(new Set());
  };
  const toggle = (path: string) => {
    const next = new Set(picked);
    if (!next.delete(path)) next.add(path);
    setPicked(next);
  };
  const foot = (
    <>
      <Button onClick={() => onSettle(null)}>Cancel</Button>
      {picked.size > 0 ? (
        <Button look="primary" data-testid="browse-choose" onClick={() => onSettle([...picked])}>
          Choose {plural(picked.size, "file")}
        </Button>
      ) : (
        <Button
          look="primary"
          data-testid="browse-choose"
          disabled={!here || want === "files"}
          onClick={() => here && onSettle([here.path])}
        >
          {want === "files" ? "Choose files" : "Choose this folder"}
        </Button>
      )}
    </>
  );
  return (
    <Modal
      wide
      focus={list}
      title={want === "files" ? "Choose files" : "Choose a folder"}
      about="These are the folders of the computer on which Plumb runs."
      onClose={() => onSettle(null)}
      foot={foot}
    >
      <div className={s.where}>
        <IconButton label="Go one folder up" aria-disabled={!here?.parent} onClick={() => here?.parent && enter(here.parent)}>
          <ArrowUp size={15} />
        </IconButton>
        <span className="clip" title={here?.path}>
          <bdi>{here?.path ?? "…"}</bdi>
        </span>
      </div>
      {listing.error && <Banner title="Plumb could not open this folder">{listing.error.message}</Banner>}
      <div
        ref={list}
        tabIndex={-1}
        className={s.list}
        onKeyDown={moveBetweenRows}
        role="group"
        aria-label={here?.path ?? "Folders"}
        data-testid="browse-list"
      >
        {here?.folders.map((name) => (
          <button
            key={name}
            type="button"
            data-row
            data-testid="browse-folder"
            className={`${s.row} ${s.folder}`}
            onClick={() => enter(join(name))}
          >
            <Folder size={15} />
            <span className="clip">{name}</span>
          </button>
        ))}
        {here?.files.map((name) => (
          <button
            key={name}
            type="button"
            data-row
            data-testid="browse-file"
            role="checkbox"
            aria-checked={picked.has(join(name))}
            className={s.row}
            onClick={() => toggle(join(name))}
          >
            {picked.has(join(name)) ? <Check size={15} /> : <File size={15} />}
            <span className="clip">{name}</span>
          </button>
        ))}
        {here && here.folders.length + here.files.length === 0 && <p className={s.empty}>This folder is empty.</p>}
      </div>
    </Modal>
  );
}
