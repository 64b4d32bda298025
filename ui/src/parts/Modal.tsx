import { AlertDialog } from "@base-ui/react/alert-dialog";
import { Dialog } from "@base-ui/react/dialog";
import type { ReactNode } from "react";
import { Button } from "./Button";
import { cx } from "./cx";
import s from "./Modal.module.css";

interface ModalProps {
  title: string;
  about?: ReactNode;
  wide?: boolean;
  /** The element that gets the focus when it opens; by default its first control. */
  focus?: React.RefObject<HTMLElement | null>;
  foot?: ReactNode;
  children?: ReactNode;
  onClose(): void;
}

/** A dialog over the window, open as long as it is rendered. */
export function Modal({ title, about, wide, focus, foot, children, onClose }: ModalProps) {
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={s.veil} />
        <Dialog.Popup className={cx(s.popup, wide && s.wide)} {...(focus ? { initialFocus: focus } : {})}>
          <Dialog.Title className={s.title}>{title}</Dialog.Title>
          {about && <Dialog.Description className={s.about}>{about}</Dialog.Description>}
          {children}
          {foot && <div className={s.foot}>{foot}</div>}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface ConfirmProps {
  title: string;
  about: string;
  action: string;
  /** Label of the button that changes nothing. */
  keep?: string;
  onConfirm(): void;
  onClose(): void;
}

/** Asks before an action that cannot be undone. */
export function Confirm({ title, about, action, keep = "Keep it", onConfirm, onClose }: ConfirmProps) {
  return (
    <AlertDialog.Root open onOpenChange={(open) => !open && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={s.veil} />
        <AlertDialog.Popup className={s.popup}>
          <AlertDialog.Title className={s.title}>{title}</AlertDialog.Title>
          <AlertDialog.Description className={s.about}>{about}</AlertDialog.Description>
          <div className={s.foot}>
            <AlertDialog.Close render={<Button />}>{keep}</AlertDialog.Close>
            <AlertDialog.Close render={<Button look="danger" />} onClick={onConfirm}>
              {action}
            </AlertDialog.Close>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
