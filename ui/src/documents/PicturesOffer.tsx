import { useQueryClient } from "@tanstack/react-query";
import { ScanText } from "lucide-react";
import { useSaveSettings, useSettings } from "../data/queries";
import { Button } from "../parts/Button";
import { plural } from "../text/format";
import s from "./DocumentsPane.module.css";

/** Offers to read scans and pictures, if there are any and you have not decided. */
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
      <span>
        {plural(pictures, "scan or picture", "scans and pictures")} could be read as text. This is slower, and happens on this
        computer.
      </span>
      <Button disabled={save.isPending} onClick={turnOn}>
        Read them
      </Button>
    </div>
  );
}
