import type { AnswerOpening, AnswerPrinter, PiecePrinter, StreamFailure, WholeAnswer } from "../../answer/printer.ts";
import { sluiceFacts } from "../../facts/x-sluice.ts";
import { failureOf, responseError, tellError } from "./failure.ts";
import { EventText } from "./output/event-text.ts";
import { Output } from "./output/output.ts";
import { type Ending, endingOf, type ResponseState, responseBodyOf } from "./response.ts";
import type { ResponseRequestBody } from "./schema.ts";

type Summary = WholeAnswer["summary"];
type Chunks = Parameters<PiecePrinter["print"]>[0];

/** What becomes of a response that is complete. */
export interface FinishedResponse {
  readonly id: string;
  /** The response as a caller of it would get it, with every proof in its output. */
  readonly body: object;
}

export interface ResponsePrinting {
  readonly asked: ResponseRequestBody;
  /** Keeps a response for later requests; false if it could not be kept. Undefined if it is not to be kept. */
  readonly keep: ((finished: FinishedResponse) => Promise<boolean>) | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** The id of the response to a request. */
export const responseId = (requestId: string): string => `resp_${bodyOfId(requestId)}`;

const bodyOfId = (requestId: string): string => requestId.slice(requestId.indexOf("_") + 1);

/** Prints answers as responses, plain and streamed. */
export function responsePrinter(printing: ResponsePrinting): AnswerPrinter {
  return {
    whole: ({ chunks, summary, ...opening }) => {
      const draft = new Draft(printing, opening, undefined);
      draft.output.take(chunks);
      return draft.finish(summary).then((body) => JSON.stringify(body));
    },
    open: (opening) => new StreamPrinter(printing, opening),
    fail: (failure) => {
      const events = new EventText();
      tellError(events, failureOf(failure));
      return events.take();
    },
  };
}

/** A response while it is written. */
class Draft {
  readonly output: Output;
  private readonly printing: ResponsePrinting;
  private readonly opening: AnswerOpening;
  private readonly bodyOf: (state: ResponseState) => object;

  constructor(printing: ResponsePrinting, opening: AnswerOpening, events: EventText | undefined) {
    this.printing = printing;
    this.opening = opening;
    this.bodyOf = responseBodyOf(printing.asked);
    const { asked, keep } = printing;
    // Nobody keeps the proofs of a response that is not stored but its caller.
    const proofs = asked.include?.includes("reasoning.encrypted_content") === true || keep === undefined;
    const provider = opening.head.provider;
    this.output = new Output({ idBody: bodyOfId(opening.requestId), provider, proofs, events });
  }

  print(over: Partial<ResponseState>): object {
    const { requestId, receivedAtS, head } = this.opening;
    const { start } = this.output;
    return this.bodyOf({
      id: responseId(requestId),
      createdAtS: receivedAtS,
      model: start?.model || head.model,
      status: "in_progress",
      store: this.printing.keep !== undefined,
      output: [],
      serviceTier: start?.serviceTier ?? "",
      ...over,
    });
  }

  /** The finished response, kept if it is to be. */
  async finish(summary: Summary): Promise<object> {
    const { output, printing } = this;
    output.end();
    const ended = { ...this.ended(endingOf(output.finish)), usage: summary.usage ?? output.usage };
    const { keep } = printing;
    const body = this.print({ ...ended, output: output.printForKeeping() });
    const store = keep !== undefined && (await keep({ id: responseId(this.opening.requestId), body }));
    return this.print({ ...ended, store, output: output.print() });
  }

  /** The response as far as it came. */
  failed(ending: Ending): object {
    this.output.end();
    return this.print({ ...this.ended(ending), store: false, usage: this.output.usage, output: this.output.print() });
  }

  private ended(ending: Ending): Ending & { readonly completedAtS?: number } {
    if (ending.status !== "completed") return ending;
    return { ...ending, completedAtS: Math.floor(this.printing.now() / 1_000) };
  }
}

class StreamPrinter implements PiecePrinter {
  private readonly events = new EventText();
  private readonly draft: Draft;
  private readonly opening: AnswerOpening;
  private begun = false;

  constructor(printing: ResponsePrinting, opening: AnswerOpening) {
    this.opening = opening;
    this.draft = new Draft(printing, opening, this.events);
  }

  get hasContent(): boolean {
    return this.draft.output.hasContent;
  }

  print(chunks: Chunks): string {
    this.begin(chunks);
    this.draft.output.take(chunks);
    return this.events.take();
  }

  async finish(summary: Summary): Promise<string> {
    this.begin([]);
    const body = await this.draft.finish(summary);
    const facts = sluiceFacts(this.opening.requestId, this.opening.head, summary);
    this.tell((body as { readonly status: string }).status, { ...body, x_sluice: facts });
    return this.events.take();
  }

  fail(failure: StreamFailure): string {
    const error = failureOf(failure);
    this.begin([]);
    const body = this.draft.failed({ status: "failed", error: responseError(error, failure.status) });
    tellError(this.events, error);
    this.tell("failed", body);
    return this.events.take();
  }

  /** The first events wait for the first chunks, which may name the model that answers. */
  private begin(chunks: Chunks): void {
    if (this.begun) return;
    this.begun = true;
    this.draft.output.take(chunks.filter(({ event }) => event?.$case === "start"));
    const body = this.draft.print({});
    this.tell("created", body);
    this.tell("in_progress", body);
  }

  private tell(what: string, body: object): void {
    this.events.emit(`response.${what}`, `"response":${JSON.stringify(body)}`);
  }
}
