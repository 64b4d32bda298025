import { Menu } from "@base-ui/react/menu";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Check, SlidersHorizontal } from "lucide-react";
import type { Include } from "../bindings/Include";
import type { LeftOutByRule } from "../bindings/LeftOutByRule";
import type { Library } from "../bindings/Library";
import { report } from "../data/trouble";
import m from "../parts/Menu.module.css";
import { MenuPopup } from "../parts/MenuPopup";
import { usePlatform } from "../platform";
import { count } from "../text/format";
import s from "./DocumentsPane.module.css";
import { byRules, rules, wouldAdd } from "./rules";

/** Menu of the rules that leave files out of the list, each with a switch. */
export function Listed({ library, leftOut }: { library: Library; leftOut: LeftOutByRule[] }) {
  const platform = usePlatform();
  const client = useQueryClient();
  const set = useMutation({
    mutationFn: (include: Include) => platform.call("set_include", { library: library.id, include }),
    // The switch moves at once; the listing takes a moment.
    onMutate: (include) =>
      client.setQueryData<Library[]>(["libraries"], (list) => list?.map((l) => (l.id === library.id ? { ...l, include } : l))),
    onError: (thrown) => {
      void client.invalidateQueries({ queryKey: ["libraries"] });
      report(thrown);
    },
  });
  const words = byRules(leftOut);
  const files = leftOut.reduce((sum, { files }) => sum + files, 0);
  return (
    <Menu.Root>
      <Menu.Trigger className={s.listed} data-testid="listed-menu" title={words ? `Not listed: ${words}` : undefined}>
        <SlidersHorizontal size={14} aria-hidden />
        {files > 0 ? `${count(files)} not listed` : "List more"}
      </Menu.Trigger>
      <MenuPopup align="end">
        {rules.map((rule) => (
          <Menu.CheckboxItem
            key={rule.name}
            className={m.choice}
            checked={library.include[rule.name]}
            onCheckedChange={(on) => set.mutate({ ...library.include, [rule.name]: on })}
            closeOnClick={false}
            data-testid={`include-${rule.name}`}
          >
            <span>{library.include[rule.name] && <Check size={14} />}</span>
            <span>
              <b>{rule.title}</b>
              <small>
                {rule.about} {library.include[rule.name] ? "They are listed." : wouldAdd(rule, leftOut)}
              </small>
            </span>
          </Menu.CheckboxItem>
        ))}
      </MenuPopup>
    </Menu.Root>
  );
}
