import type { Update } from "../bindings/Update";
import { Failure, toFailure, type BrowseRequest, type Platform } from "./platform";

const unreachable = {
  code: "unreachable" as const,
  message:
    "Plumb does not answer because the program behind this page has ended or cannot be reached. Start it again, then reload this page.",
};

let showBrowse: ((request: BrowseRequest) => void) | undefined;

const choose = (want: BrowseRequest["want"]) =>
  new Promise<string[] | null>((settle) => (showBrowse ? showBrowse({ want, settle }) : settle(null)));

/** The platform in a browser, on the computer where `plumb serve` runs. */
export const platform: Platform = {
  kind: "browser",
  async call(name, request) {
    const response = await fetch(`/api/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    }).catch(() => {
      throw new Failure(unreachable);
    });
    const body: unknown = await response.json().catch(() => {
      throw new Failure(unreachable);
    });
    if (!response.ok) throw toFailure(body);
    return body as never;
  },
  updates(on) {
    const source = new EventSource("/api/updates");
    let broken = false;
    source.onmessage = ({ data }) => on(JSON.parse(data as string) as Update);
    source.onerror = () => {
      broken = true;
    };
    // The host does not repeat updates that were sent while the connection was down.
    source.onopen = () => {
      if (broken) on({ type: "missed" });
      broken = false;
    };
    return () => source.close();
  },
  chooseFolder: () => choose("folder"),
  chooseFiles: () => choose("files"),
  openExternal(url) {
    window.open(url, "_blank", "noopener,noreferrer");
  },
  async saveText(name, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = name;
    link.click();
    // By then the download has started and no longer needs the URL.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  },
  onBrowse(on) {
    showBrowse = on;
    return () => {
      showBrowse = undefined;
    };
  },
};
