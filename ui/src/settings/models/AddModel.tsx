import { useMutation } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useModelsChanged } from "../../data/queries";
import { Banner } from "../../parts/Banner";
import { Button } from "../../parts/Button";
import { toFailure, usePlatform } from "../../platform";
import s from "../Settings.module.css";

/** Adds a model from a file on this computer. */
export function AddModel() {
  const platform = usePlatform();
  const add = useMutation({
    mutationFn: async () => {
      const [path] = (await platform.chooseFiles()) ?? [];
      if (path) await platform.call("add_model", { path });
    },
    onSuccess: useModelsChanged(),
  });
  return (
    <div className={s.model}>
      <div>
        <b>Your own model</b>
        <p>Any model file in GGUF format, for example from Hugging Face or LM Studio. You can also drop it on this window.</p>
      </div>
      <Button data-testid="add-model" onClick={() => add.mutate()} disabled={add.isPending}>
        <Plus size={15} /> Add a file
      </Button>
      {add.error && (
        <div className={s.wide}>
          <Banner title="Plumb cannot use this file" onClose={() => add.reset()}>
            {toFailure(add.error).message}
          </Banner>
        </div>
      )}
    </div>
  );
}
