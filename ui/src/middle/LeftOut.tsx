import { useDocuments } from "../data/host";
import { Button } from "../parts/Button";
import { Modal } from "../parts/Modal";
import { DocumentList } from "../source/DocumentList";

/** The files that are not asked about, each with its reason. */
export function LeftOut({ library, onClose }: { library: string; onClose(): void }) {
  const documents = useDocuments(library, 200_000);
  const entries = (documents.data?.entries ?? []).filter(
    (e) => e.state === "skipped" || e.state === "failed" || e.state === "no_text",
  );
  return (
    <Modal
      wide
      title="Left out"
      about="Plumb cannot ask about these files. Everything else in the folder is asked about."
      onClose={onClose}
      foot={
        <Button look="primary" onClick={onClose}>
          Close
        </Button>
      }
    >
      <DocumentList entries={entries} empty={documents.isPending ? "Looking…" : "No file is left out."} />
    </Modal>
  );
}
