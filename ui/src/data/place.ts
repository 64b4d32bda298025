// Where the person is in the window.
import { createContext, useContext } from "react";
import type { ModeChoice } from "../bindings/ModeChoice";

/** A place in a document that the source view is to open. */
export interface SourcePlace {
  library?: string | undefined;
  path: string;
  startLine: number;
  endLine: number;
  /** What the document is, as far as it is known before it is read: "pdf". */
  kind?: string | undefined;
  /** The run that cites it: its document is shown as the run saw it. */
  run?: string | undefined;
  /** Absent when the document was opened from a list. */
  citation?: import("../bindings/Citation").Citation | undefined;
  number?: number;
}

export type Tab = "source" | "found" | "sent";

/** A question put into the ask box, to be changed or asked. */
export interface Draft {
  question: string;
  mode?: ModeChoice | undefined;
}

export interface Place {
  screen: "ask" | "settings" | "spending";
  library: string | null;
  run: string | null;
  tab: Tab;
  /** Where the right column is folded away, whether it is drawn over the answer. */
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
  /** Lets the person choose a folder. */
  addFolder(): void;
}

export const NavigationContext = createContext<Navigation | null>(null);

export function useNavigation(): Navigation {
  const navigation = useContext(NavigationContext);
  if (!navigation) throw new Error("NavigationContext is missing");
  return navigation;
}
