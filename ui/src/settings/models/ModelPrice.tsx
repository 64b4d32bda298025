import { typedPrice, type Draft } from "./draft";
import { Prices } from "./Prices";
import type { Server } from "./useServer";

/** Whether the price of a draft's model has to be asked for: nobody knows it, or somebody has said one. */
export const asksForPrice = (draft: Draft, { facts }: Server) =>
  draft.reading !== "" || draft.writing !== "" || (facts !== undefined && facts.price === undefined);

interface Props {
  draft: Draft;
  server: Server;
  onDraft(draft: Draft): void;
}

/** What a model costs of which Plumb knows no price. */
export function ModelPrice({ draft, server, onDraft }: Props) {
  if (!asksForPrice(draft, server)) return null;
  return (
    <Prices
      reading={draft.reading}
      writing={draft.writing}
      wrong={typedPrice(draft, server.known).wrong}
      hint="Optional. Without it, a cost limit cannot be kept."
      onReading={(reading) => onDraft({ ...draft, reading })}
      onWriting={(writing) => onDraft({ ...draft, writing })}
    />
  );
}
