import { Menu } from "@base-ui/react/menu";
import type { ReactNode } from "react";
import { useLandmark } from "./landmark";
import s from "./Menu.module.css";

interface Props {
  align?: "start" | "end";
  offset?: number;
  children: ReactNode;
}

/** The popup of an open menu. */
export function MenuPopup({ align = "start", offset = 4, children }: Props) {
  const { landmark, inside } = useLandmark();
  return (
    <>
      <span hidden ref={inside} />
      <Menu.Portal container={landmark} className={s.portal}>
        <Menu.Positioner sideOffset={offset} align={align} className={s.place}>
          <Menu.Popup className={s.menu}>{children}</Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </>
  );
}
