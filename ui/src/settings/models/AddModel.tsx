import { useMutation } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useModelsChanged } from "../../data/queries";
import { Banner } from "../../parts/Banner";
import { Button } from "../../parts/Button";
import { toFailure, usePlatform } from "../../platform";
import s from "../Settings.module.css";

/** Adds a model whose file is on this computer already. */
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
        <b>A model of your own</b>
        <p>Any model file in the format GGUF, such as one from Hugging Face or LM Studio. You can also drop it on this window.</p>
      </div>
      <Button data-testid="add-model" onClick={() => add.mutate()} disabled={add.isPending}>
        <Plus size={15} /> Add a file
      </Button>
      {add.error && (
        <div className={s.wide}>
          <Banner title="This file cannot be used" onClose={() => add.reset()}>
            {toFailure(add.error).message}
          </Banner>
        </div>
      )}
    </div>
  );
}
