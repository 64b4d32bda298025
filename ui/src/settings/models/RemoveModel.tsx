import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useModelsChanged } from "../../data/queries";
import { report } from "../../data/trouble";
import { Confirm } from "../../parts/Modal";
import { usePlatform } from "../../platform";
import s from "../Settings.module.css";

interface Props {
  id: string;
  label: string;
  title: string;
  about: string;
  action: string;
}

/** Deletes a model, or removes it from the list, after you confirm. */
export function RemoveModel({ id, label, title, about, action }: Props) {
  const platform = usePlatform();
  const [asked, setAsked] = useState(false);
  const remove = useMutation({
    mutationFn: () => platform.call("remove_model", { id }),
    onSuccess: useModelsChanged(),
    onError: report,
  });
  return (
    <>
      <button type="button" className={s.link} onClick={() => setAsked(true)}>
        {label}
      </button>
      {asked && (
        <Confirm title={title} about={about} action={action} onConfirm={() => remove.mutate()} onClose={() => setAsked(false)} />
      )}
    </>
  );
}
