import type { EventText } from "./event-text.ts";

/** What every item of an output is made with. */
export interface ItemPlace {
  /** Position in the output. */
  readonly index: number;
  readonly id: string;
  /** Where its events go; undefined for a plain answer. */
  readonly events: EventText | undefined;
}

/** An item of the output while it is written. */
export interface OutputItem {
  readonly place: ItemPlace;
  readonly isOpen: boolean;
  /** Ends the item; `cut` if the answer ended inside it. */
  close(cut: boolean): void;
  /** The item as callers get it; `withProof` shows what only its provider can read. */
  print(withProof: boolean): object;
}

export const WHILE_WRITING = "in_progress";

/** How an item ended. */
export const endOf = (cut: boolean): string => (cut ? "incomplete" : "completed");

/** Tells that an item begins. */
export function announce({ events, index }: ItemPlace, item: object): void {
  events?.emit("response.output_item.added", `"output_index":${index},"item":${JSON.stringify(item)}`);
}

/** Tells that an item is complete. */
export function conclude({ events, index }: ItemPlace, item: object): void {
  events?.emit("response.output_item.done", `"output_index":${index},"item":${JSON.stringify(item)}`);
}

/** Fields of every event inside an item. */
export const addressOf = ({ id, index }: ItemPlace): string => `"item_id":"${id}","output_index":${index}`;
