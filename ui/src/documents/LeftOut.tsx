import { useMemo } from "react";
import { useDocuments } from "../data/queries";
import { Button } from "../parts/Button";
import { Modal } from "../parts/Modal";
import m from "../parts/Modal.module.css";
import { DocumentTree } from "./DocumentTree";
import { group, rowsOf } from "./grouping";
import { chooser } from "./states";
import { useOpened } from "./useOpened";

/** The files Plumb leaves out, each with its reason. */
export function LeftOut({ library, onClose }: { library: string; onClose(): void }) {
  const documents = useDocuments(library);
  const [opened, toggle] = useOpened();
  const grouped = useMemo(() => group(documents.data?.entries ?? []), [documents.data]);
  const rows = useMemo(() => rowsOf(grouped, { wanted: chooser("left_out", ""), opened }), [grouped, opened]);
  return (
    <Modal
      wide
      title="Left out"
      about="Plumb cannot read these files. Your questions cover everything else in the folder."
      onClose={onClose}
      foot={
        <Button look="primary" onClick={onClose}>
          Close
        </Button>
      }
    >
      {rows.length > 0 ? (
        <DocumentTree rows={rows} label="Files that are left out" onToggle={toggle} />
      ) : (
        <p className={m.about}>{documents.error?.message ?? (documents.isPending ? "Looking…" : "No file is left out.")}</p>
      )}
    </Modal>
  );
}
