import { useQueryClient } from "@tanstack/react-query";
import { ScanText } from "lucide-react";
import { useSaveSettings, useSettings } from "../data/queries";
import { Button } from "../parts/Button";
import { plural } from "../text/format";
import s from "./DocumentsPane.module.css";

/** Where there are scans and pictures that are not read, and nobody has said that they should be. */
export function PicturesOffer({ pictures }: { pictures: number }) {
  const settings = useSettings().data;
  const save = useSaveSettings();
  const client = useQueryClient();
  if (!settings || settings.read_images || pictures === 0) return null;
  const turnOn = () =>
    save.mutate(
      { ...settings, read_images: true },
      { onSuccess: () => void client.invalidateQueries({ queryKey: ["documents"] }) },
    );
  return (
    <div className={s.offer} data-testid="pictures-offer">
      <ScanText size={15} aria-hidden />
      <span>{plural(pictures, "scan or picture", "scans and pictures")} could be read as text: slower, on this computer.</span>
      <Button disabled={save.isPending} onClick={turnOn}>
        Read them
      </Button>
    </div>
  );
}
