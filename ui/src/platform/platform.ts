import type { Commands } from "../bindings/Commands";
import type { Update } from "../bindings/Update";

export type CommandName = keyof Commands;

/** What the browser build asks the person to choose; the window has the system's own dialog. */
export interface BrowseRequest {
  want: "folder" | "files";
  settle(paths: string[] | null): void;
}

/** Everything a screen may ask of the host it runs in. No screen knows which host that is. */
export interface Platform {
  kind: "window" | "browser";
  call<K extends CommandName>(name: K, request: Commands[K][0]): Promise<Commands[K][1]>;
  /** Calls `on` for every update; `missed` also after the connection was lost for a while. Returns what ends it. */
  updates(on: (update: Update) => void): () => void;
  chooseFolder(): Promise<string[] | null>;
  chooseFiles(): Promise<string[] | null>;
  openExternal(url: string): void;
  /** Saves a text as a file: in the window where the person says, in a browser among the downloads. */
  saveText(name: string, text: string): Promise<void>;
  /** Tells when something is held over the window, where the page itself is not told. */
  onDragOver?(on: (over: boolean) => void): () => void;
  /** Where the host has no dialog of its own: tells when one is to be shown. */
  onBrowse?(on: (request: BrowseRequest) => void): () => void;
}

/** A command that failed: the code for the program, the message for the person. */
export class Failure extends Error {
  readonly code: string;
  constructor({ code, message }: { code: string; message: string }) {
    super(message);
    this.name = "Failure";
    this.code = code;
  }
}

/** Any thrown thing as a failure. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && "message" in thrown) {
    return new Failure({ code: String(thrown.code), message: String(thrown.message) });
  }
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  return new Failure({
    code: "unexpected",
    message: `Something unexpected went wrong: ${said}. Try again; if it stays, restart Plumb.`,
  });
}
