import { Menu } from "@base-ui/react/menu";
import { useMutation } from "@tanstack/react-query";
import { Check, Ellipsis } from "lucide-react";
import { useState } from "react";
import type { Library } from "../bindings/Library";
import { report } from "../data/host";
import { IconButton } from "../parts/Button";
import m from "../parts/Menu.module.css";
import { MenuPopup } from "../parts/MenuPopup";
import { Confirm } from "../parts/Modal";
import { usePlatform } from "../platform";
import s from "./Sidebar.module.css";

/** What can be done with a library. */
export function LibraryMenu({ library, onRemove }: { library: Library; onRemove(): void }) {
  const platform = usePlatform();
  const [opening, setOpening] = useState(false);
  const mark = useMutation({
    mutationFn: (local_only: boolean) => platform.call("set_local_only", { library: library.id, local_only }),
    onError: report,
  });
  // Marking is safe and done at once; taking the mark off lets text out, so that is asked first.
  const onMark = (wanted: boolean) => (wanted ? mark.mutate(true) : setOpening(true));
  return (
    <>
      <Menu.Root>
        <Menu.Trigger
          render={
            <IconButton label={`Options for ${library.name}`} className={s.more} data-testid="library-menu">
              <Ellipsis size={14} />
            </IconButton>
          }
        />
        <MenuPopup>
          <Menu.CheckboxItem
            className={m.choice}
            checked={library.local_only}
            onCheckedChange={onMark}
            closeOnClick={library.local_only}
            data-testid="keep-local"
          >
            <span>{library.local_only && <Check size={14} />}</span>
            <span>
              <b>Keep on this computer</b>
              <small>Models elsewhere, and code that runs elsewhere, are refused for this library.</small>
            </span>
          </Menu.CheckboxItem>
          <Menu.Item className={m.choice} onClick={onRemove}>
            <span />
            <span>
              <b>Take off the list…</b>
              <small>No file is touched.</small>
            </span>
          </Menu.Item>
        </MenuPopup>
      </Menu.Root>
      {opening && (
        <Confirm
          title={`Let “${library.name}” leave this computer?`}
          about="When you ask about it, parts of its documents may then go to a model elsewhere, or to where code runs."
          action="Take the mark off"
          keep="Keep it here"
          onConfirm={() => mark.mutate(false)}
          onClose={() => setOpening(false)}
        />
      )}
    </>
  );
}
