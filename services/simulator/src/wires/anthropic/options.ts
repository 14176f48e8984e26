import type { WireChat } from "../../serve/wire.ts";
import type { Body } from "../values.ts";

/** A request that can be answered. */
export interface MessagesRequest extends WireChat {
  /** True if thoughts are withheld and only an opaque form of them is given. */
  readonly redacted: boolean;
}

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
