import type { Code } from "../bindings/Code";
import type { Commands } from "../bindings/Commands";
import type { Update } from "../bindings/Update";

export type CommandName = keyof Commands;

/** A request to choose folders or files in a browser. The desktop window uses the system's own dialog. */
export interface BrowseRequest {
  want: "folder" | "files";
  settle(paths: string[] | null): void;
}

/** Everything a screen can ask of its host. Screens do not know which host that is. */
export interface Platform {
  kind: "window" | "browser";
  call<K extends CommandName>(name: K, request: Commands[K][0]): Promise<Commands[K][1]>;
  /** Calls `on` for every update, and with `missed` after a lost connection. Returns the function that unsubscribes. */
  updates(on: (update: Update) => void): () => void;
  chooseFolder(): Promise<string[] | null>;
  chooseFiles(): Promise<string[] | null>;
  openExternal(url: string): void;
  /** Saves a text as a file: where you choose in the desktop window, among the downloads in a browser. */
  saveText(name: string, text: string): Promise<void>;
  /** Reports whether something is being dragged over the window, if the page gets no drag events. */
  onDragOver?(on: (over: boolean) => void): () => void;
  /** Calls `on` when the page must show its own dialog, if the host has none. */
  onBrowse?(on: (request: BrowseRequest) => void): () => void;
}

/** The kind of a failure: one of the host's codes, or one that only the page knows. */
export type FailureCode = Code | "no_clipboard" | "unexpected";

/** A failed command: a code for the program, a message for you. */
export class Failure extends Error {
  readonly code: FailureCode;
  constructor({ code, message }: { code: FailureCode; message: string }) {
    super(message);
    this.name = "Failure";
    this.code = code;
  }
}

/** Turns anything thrown into a failure. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && "message" in thrown) {
    return new Failure({ code: String(thrown.code) as FailureCode, message: String(thrown.message) });
  }
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  return new Failure({
    code: "unexpected",
    message: `Plumb met an unexpected error: ${said}. Try again, and restart Plumb if it happens again.`,
  });
}
