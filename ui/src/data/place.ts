// Where you are in the window.
import { createContext, useContext } from "react";
import type { Citation } from "../bindings/Citation";
import type { ModeChoice } from "../bindings/ModeChoice";

/** A place in a document, opened in the source view. */
export interface SourcePlace {
  library?: string | undefined;
  path: string;
  startLine: number;
  endLine: number;
  /** The document's kind, if known before the document is read: "pdf". */
  kind?: string | undefined;
  /** The run that cites it. The source view then shows the document as that run read it. */
  run?: string | undefined;
  /** Absent when the document was opened from a list. */
  citation?: Citation | undefined;
  number?: number;
}

export type Tab = "source" | "found" | "sent";

/** The text in the question box. */
export interface Draft {
  question: string;
  mode?: ModeChoice | undefined;
}

export interface Place {
  screen: "ask" | "settings" | "spending";
  library: string | null;
  run: string | null;
  tab: Tab;
  /** In a narrow window: whether the inspector is drawn over the answer. */
  aside: boolean;
  source: SourcePlace | null;
  draft: Draft;
}

export const start: Place = {
  screen: "ask",
  library: null,
  run: null,
  tab: "source",
  aside: false,
  source: null,
  draft: { question: "" },
};

export interface Navigation {
  place: Place;
  go(change: Partial<Place>): void;
  /** Opens folders and files as a library and goes there. */
  openSources(paths: string[]): void;
  /** Opens the dialog that chooses a folder. */
  addFolder(): void;
}

export const NavigationContext = createContext<Navigation | null>(null);

export function useNavigation(): Navigation {
  const navigation = useContext(NavigationContext);
  if (!navigation) throw new Error("NavigationContext is missing");
  return navigation;
}
