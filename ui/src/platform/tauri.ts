import { Channel, invoke } from "@tauri-apps/api/core";
import { getCurrentWebview } from "@tauri-apps/api/webview";
import { open } from "@tauri-apps/plugin-dialog";
import { openUrl } from "@tauri-apps/plugin-opener";
import type { Update } from "../bindings/Update";
import { toFailure, type Platform } from "./platform";

const asList = (chosen: string | string[] | null): string[] | null => (typeof chosen === "string" ? [chosen] : chosen);

/** The platform in the desktop window. */
export const platform: Platform = {
  kind: "window",
  async call(name, request) {
    try {
      return await invoke("call", { name, args: request });
    } catch (thrown) {
      throw toFailure(thrown);
    }
  },
  updates(on) {
    let live = true;
    const channel = new Channel<Update>();
    channel.onmessage = (update) => {
      if (live) on(update);
    };
    void invoke("updates", { channel });
    return () => {
      live = false;
    };
  },
  chooseFolder: async () => asList(await open({ directory: true, multiple: true, title: "Choose folders to ask about" })),
  chooseFiles: async () => asList(await open({ multiple: true, title: "Choose files" })),
  openExternal(url) {
    void openUrl(url);
  },
  async saveText(name, text) {
    try {
      await invoke("save_text", { name, text });
    } catch (thrown) {
      throw toFailure(thrown);
    }
  },
  onDragOver(on) {
    const listening = getCurrentWebview().onDragDropEvent(({ payload }) =>
      on(payload.type === "enter" || payload.type === "over"),
    );
    // Without permission to listen, a drop still arrives as an update.
    listening.catch(() => on(false));
    return () => void listening.then((end) => end()).catch(() => on(false));
  },
};
