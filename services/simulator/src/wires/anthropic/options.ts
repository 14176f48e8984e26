import type { WireChat } from "../../serve/wire.ts";
import type { Body } from "../values.ts";

/** A request that can be answered. */
export type MessagesRequest = WireChat;

/** One content block with the place that errors name. */
export interface Block {
  readonly block: Body;
  readonly type: string;
  /** E.g. `messages.1.content.0`. */
  readonly at: string;
}

/** Neighbouring messages of one role, joined as the provider joins them. */
export interface Turn {
  readonly role: "user" | "assistant";
  /** Place of its first message, e.g. `messages.1`. */
  readonly at: string;
  readonly blocks: Block[];
}
