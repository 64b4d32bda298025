import { Check } from "lucide-react";
import type { BuiltInModel } from "../../bindings/BuiltInModel";
import type { ModelFile } from "../../bindings/ModelFile";
import type { Settings } from "../../bindings/Settings";
import { useSaveSettings } from "../../data/queries";
import { Banner } from "../../parts/Banner";
import { Button } from "../../parts/Button";
import { bytes } from "../../text/format";
import s from "../Settings.module.css";
import { RemoveModel } from "./RemoveModel";

/** A model from a file that you added. */
export function OwnModel({ model, file, settings }: { model: BuiltInModel; file: ModelFile; settings: Settings }) {
  const { mutate: save } = useSaveSettings();
  const using = settings.model?.provider === "local" && settings.model.name === model.id;
  const use = () =>
    save({ ...settings, model: { provider: "local", name: model.id, key: { kind: "none" } }, sub_model: undefined });
  const facts = [
    file.parameters && `${file.parameters} parameters`,
    `reads ${file.window.toLocaleString("en")} tokens`,
    `needs ${bytes(file.memory_bytes)} of memory`,
  ];
  return (
    <div className={s.model} data-testid="own-model">
      <div>
        <b>{model.name}</b>
        <p className={s.path} title={model.id}>
          {model.id}
        </p>
        {!file.fault && <span className={s.facts}>{facts.filter(Boolean).join(" · ")}</span>}
      </div>
      {using ? (
        <span className={s.tag}>
          <Check size={15} /> In use
        </span>
      ) : (
        !file.fault && <Button onClick={use}>Use this model</Button>
      )}
      {file.fault && (
        <div className={s.wide}>
          <Banner title="Plumb cannot use this model right now">{file.fault}</Banner>
        </div>
      )}
      {file.foreign_chat && (
        <p className={s.wide}>Plumb does not know this model’s chat format and uses a common one. The answers may be worse.</p>
      )}
      <RemoveModel
        id={model.id}
        label="Remove from the list"
        title={`Remove ${model.name}?`}
        about={`The file stays where it is.${using ? " This model is in use, so you then choose another one." : ""}`}
        action="Remove"
      />
    </div>
  );
}
