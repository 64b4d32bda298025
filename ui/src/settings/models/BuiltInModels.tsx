import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { useEffect, useState } from "react";
import type { BuiltInModel } from "../../bindings/BuiltInModel";
import type { FetchModel } from "../../bindings/FetchModel";
import type { Settings } from "../../bindings/Settings";
import { clearFetch, fetching, type Fetching } from "../../data/following/fetching";
import { useBuiltInModels, useSaveSettings } from "../../data/queries";
import { useStore } from "../../data/store";
import { report } from "../../data/trouble";
import { Banner } from "../../parts/Banner";
import { Bar } from "../../parts/Bar";
import { Button } from "../../parts/Button";
import { usePlatform } from "../../platform";
import { bytes, duration } from "../../text/format";
import s from "../Settings.module.css";
import { AddModel } from "./AddModel";
import { aboutModels } from "./modelWords";
import { OwnModel } from "./OwnModel";
import { RemoveModel } from "./RemoveModel";

/** Models that run on this computer: those Plumb downloads, and files that you add. */
export function BuiltInModels({ settings, first }: { settings: Settings; first?: boolean | undefined }) {
  const models = useBuiltInModels();
  if (models.error) return <Banner>{models.error.message}</Banner>;
  return (
    <>
      {models.data?.map((model, i) =>
        model.file ? (
          <OwnModel key={model.id} model={model} file={model.file} settings={settings} />
        ) : (
          <Model key={model.id} model={model} settings={settings} main={i === 0} first={first} />
        ),
      )}
      <AddModel />
    </>
  );
}

interface ModelProps {
  model: BuiltInModel;
  settings: Settings;
  main: boolean;
  first: boolean | undefined;
}

function Model({ model, settings, main, first }: ModelProps) {
  const platform = usePlatform();
  const client = useQueryClient();
  const { mutate: save } = useSaveSettings();
  const progress = useStore(fetching)[model.id];
  /** You have asked for this model since the window opened. */
  const [wanted, setWanted] = useState(false);
  const refresh = () => client.invalidateQueries({ queryKey: ["built_in_models"] });
  const fetchIt = useMutation({
    mutationFn: (request: FetchModel) => {
      clearFetch(request.id);
      return platform.call("fetch_model", request);
    },
    onSuccess: refresh,
    onError: report,
  });
  const pause = useMutation({
    mutationFn: () => platform.call("stop_fetch", { id: model.id }),
    onSuccess: refresh,
    onError: report,
  });
  const using = settings.model?.provider === "local" && settings.model.name === model.id;
  const use = () =>
    save({ ...settings, model: { provider: "local", name: model.id, key: { kind: "none" } }, sub_model: undefined });

  // On the first start, a model that you download is used as soon as it is ready.
  const goOn = first && wanted && model.ready;
  useEffect(() => {
    if (goOn) save({ ...settings, model: { provider: "local", name: model.id, key: { kind: "none" } } });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- runs once, when the model is ready
  }, [goOn]);

  const underWay = model.fetching || (fetchIt.isPending && !model.ready);
  const here = underWay && progress ? progress.bytesHere : model.bytes_here;
  const download = () => {
    setWanted(true);
    fetchIt.mutate({ id: model.id });
  };
  const fromFile = () =>
    void platform.chooseFiles().then((paths) => {
      const file = paths?.[0];
      if (!file) return;
      setWanted(true);
      fetchIt.mutate({ id: model.id, from_file: file });
    }, report);
  const testid = main ? "choose-builtin" : `choose-${model.id}`;
  return (
    <div className={s.model}>
      <div>
        <b>{model.name}</b>
        <p>{aboutModels[model.id]}</p>
        <span className={s.facts}>
          {bytes(model.bytes)} · licence {model.licence}
        </span>
      </div>
      {using ? (
        <span className={s.tag}>
          <Check size={15} /> In use
        </span>
      ) : model.ready ? (
        <Button look="primary" data-testid={testid} onClick={use}>
          Use this model
        </Button>
      ) : underWay ? (
        <Button data-testid="pause-download" onClick={() => pause.mutate()}>
          Pause
        </Button>
      ) : (
        <Button look={main ? "primary" : "outline"} data-testid={testid} onClick={download}>
          {here > 0 ? "Resume" : "Download"}
        </Button>
      )}
      {!model.ready && (underWay || here > 0) && (
        <div className={`${s.progress} num`}>
          <Bar label={`Download of ${model.name}`} part={here / model.bytes} />
          <div>
            <span>
              {bytes(here)} of {bytes(model.bytes)}
            </span>
            <span>
              {underWay ? speedWords(model.bytes - here, progress) : "Paused. Plumb keeps the part already downloaded."}
            </span>
          </div>
        </div>
      )}
      {progress?.fault && (
        <div className={s.wide}>
          <Banner title="The download stopped">{progress.fault.message}</Banner>
        </div>
      )}
      {!model.ready && !underWay && (
        <button type="button" className={s.link} onClick={fromFile}>
          Use a file I already have
        </button>
      )}
      {!using && !underWay && here > 0 && (
        <RemoveModel
          id={model.id}
          label="Delete from this computer"
          title={`Delete ${model.name}?`}
          about={`This frees ${bytes(here)}. You can download the model again.`}
          action="Delete"
        />
      )}
    </div>
  );
}

function speedWords(left: number, progress: Fetching | undefined): string {
  const speed = progress?.speed;
  if (left <= 0 || progress?.checking) return "Checking the download";
  if (!speed || speed < 1) return "Starting";
  return `${bytes(speed)} a second · about ${duration((left / speed) * 1000)} left`;
}
