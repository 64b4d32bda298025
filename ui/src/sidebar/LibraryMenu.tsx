import { Menu } from "@base-ui/react/menu";
import { useMutation } from "@tanstack/react-query";
import { Check, Ellipsis } from "lucide-react";
import { useState } from "react";
import { focusedKeys, keyLabel } from "../actions";
import type { Library } from "../bindings/Library";
import { report } from "../data/trouble";
import { IconButton } from "../parts/Button";
import m from "../parts/Menu.module.css";
import { MenuPopup } from "../parts/MenuPopup";
import { Confirm } from "../parts/Modal";
import { usePlatform } from "../platform";
import s from "./Sidebar.module.css";

/** The menu of a library. */
export function LibraryMenu({ library, onRemove }: { library: Library; onRemove(): void }) {
  const platform = usePlatform();
  const [opening, setOpening] = useState(false);
  const mark = useMutation({
    mutationFn: (local_only: boolean) => platform.call("set_local_only", { library: library.id, local_only }),
    onError: report,
  });
  // Keeping a library here is safe and happens at once. Releasing it lets text out, so Plumb asks first.
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
              <small>For this library, Plumb uses no model and runs no code on another computer.</small>
            </span>
          </Menu.CheckboxItem>
          <Menu.Item className={m.choice} onClick={onRemove}>
            <span />
            <span>
              <b>
                Remove from the list… <kbd>{keyLabel(focusedKeys.remove.keys)}</kbd>
              </b>
              <small>Your files stay where they are.</small>
            </span>
          </Menu.Item>
        </MenuPopup>
      </Menu.Root>
      {opening && (
        <Confirm
          title={`Let “${library.name}” leave this computer?`}
          about="When you ask about it, Plumb may then send parts of its documents to a model, or to code, on another computer."
          action="Let it leave"
          keep="Keep it here"
          onConfirm={() => mark.mutate(false)}
          onClose={() => setOpening(false)}
        />
      )}
    </>
  );
}
