import { Check } from "lucide-react";
import { useState } from "react";
import type { LocalServer } from "../../bindings/LocalServer";
import type { Settings } from "../../bindings/Settings";
import { useSaveSettings } from "../../data/queries";
import { Button } from "../../parts/Button";
import { ChoiceField } from "../../parts/Field";
import s from "../Settings.module.css";
import { useLocalServers } from "./localServers";

/** Model servers found on this computer, each with its models to choose from. */
export function RunningServers({ settings }: { settings: Settings }) {
  return useLocalServers().map((server) => <Running key={server.provider} server={server} settings={settings} />);
}

function Running({ server, settings }: { server: LocalServer; settings: Settings }) {
  const { mutate: save } = useSaveSettings();
  const { model } = settings;
  const inUse = model?.provider === server.provider && model.base_url === undefined ? model.name : undefined;
  const [chosen, setChosen] = useState(inUse);
  const name = chosen !== undefined && server.models.includes(chosen) ? chosen : (server.models[0] ?? "");
  const use = () =>
    save({ ...settings, model: { provider: server.provider, name, key: { kind: "none" } }, sub_model: undefined });
  return (
    <div className={s.model} data-testid="running-server">
      <div>
        <b>{server.name}</b>
        <p>This server already runs on your computer and has its own models.</p>
      </div>
      <div className={s.use}>
        <ChoiceField
          label={`Model of ${server.name}`}
          value={name}
          options={server.models.map((value) => ({ value, label: value }))}
          onChange={setChosen}
        />
        {name === inUse ? (
          <span className={s.tag}>
            <Check size={15} /> In use
          </span>
        ) : (
          <Button onClick={use}>Use this model</Button>
        )}
      </div>
    </div>
  );
}
