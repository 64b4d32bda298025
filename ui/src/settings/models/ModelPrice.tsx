import { typedPrice, type Draft } from "./draft";
import { Prices } from "./Prices";
import type { Server } from "./useServer";

/** Whether the form asks for the price: Plumb does not know it, or you have typed one. */
export const asksForPrice = (draft: Draft, { facts }: Server) =>
  draft.reading !== "" || draft.writing !== "" || (facts !== undefined && facts.price === undefined);

interface Props {
  draft: Draft;
  server: Server;
  onDraft(draft: Draft): void;
}

/** Price fields for a model whose price Plumb does not know. */
export function ModelPrice({ draft, server, onDraft }: Props) {
  if (!asksForPrice(draft, server)) return null;
  return (
    <Prices
      reading={draft.reading}
      writing={draft.writing}
      wrong={typedPrice(draft, server.known).wrong}
      hint="Optional. Without it, Plumb cannot keep a cost limit."
      onReading={(reading) => onDraft({ ...draft, reading })}
      onWriting={(writing) => onDraft({ ...draft, writing })}
    />
  );
}
