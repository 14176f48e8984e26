import type { Answer, Ask } from "../answer/types.ts";
import type { Exchange } from "../http/exchange.ts";
import type { ModelName } from "../models/model-name.ts";
import type { Step } from "../play/steps.ts";
import type { Body } from "../wires/values.ts";

/** A failure as one wire tells it. */
export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The JSON body; some wires name the request in it, or wrap it by how they were asked. */
  body(requestId: string, exchange: Exchange): unknown;
}

/** Every failure the simulator plays, in the words of one wire. */
export interface Failures {
  readonly wrongKey: Refusal;
  readonly overloaded: Refusal;
  /** The error that comes with status 200. */
  readonly inBand: Refusal;
  /** What the faults `401` and `400` ask for. */
  readonly faultKey: Refusal;
  readonly faultInvalid: Refusal;
  /** Our own fault. */
  readonly crashed: Refusal;
  rateLimited(model: string, seconds: number): Refusal;
  /** `why` names what is known. */
  unknownModel(model: string, why: string): Refusal;
  tooLarge(bytesMax: number): Refusal;
  /** A body that cannot be read, as a sentence. */
  unreadable(why: string): Refusal;
  /** `known` = the path exists for another method. */
  unknownRoute(method: string, path: string, known: boolean): Refusal;
}

/** How one provider's door speaks, whatever is asked. */
export interface Door {
  readonly failures: Failures;
  /** The key a request carries, in any of the forms the provider accepts. */
  keyOf(exchange: Exchange): string | undefined;
  /** Headers of every answer; `processingMs` is the time until the head was written. */
  headers(requestId: string, processingMs: number): Readonly<Record<string, string>>;
}

/** A request that can be answered. */
export interface WireChat {
  readonly ask: Ask;
  readonly stream: boolean;
}

/** One answer in the form of its wire. */
export interface Presentation {
  readonly streamType: string;
  /** The body of the plain answer. */
  body(): unknown;
  /** The events of the streamed answer, in order. */
  steps(): Iterable<Step>;
  /** The event that tells of a failure after so many events. */
  failure(passed: number): string;
  /** The same event, so broken that its data does not parse. */
  breakEvent(text: string): string;
}

/** What a chat request says about itself before it is understood. */
export interface Asked {
  readonly model: string;
  readonly stream: boolean;
}

/** The chat of one provider: reading requests and presenting answers. Serving them is the same for all. */
export interface ChatWire<Chat extends WireChat> extends Door {
  asked(exchange: Exchange, body: Body): Asked | Refusal;
  read(exchange: Exchange, body: Body, model: ModelName): Chat | Refusal;
  present(chat: Chat, answer: Answer): Presentation;
}

/** True for the answer that is none. */
export function isRefusal(value: object): value is Refusal {
  return "status" in value && "body" in value;
}
