import type { BillLog, Outcome } from "./bill-log.ts";

/** Output tokens made so far. */
export interface Generated {
  readonly completionTokens: number;
  readonly reasoningTokens: number;
}

export const NOTHING_GENERATED: Generated = { completionTokens: 0, reasoningTokens: 0 };

/** The bill of one request while it is running: what is known fills in, and the first settlement is the only one. */
export class OpenBill {
  readonly #log: BillLog;
  readonly requestId: string;
  readonly #clientRequestId: string | null;
  #settled = false;
  model = "";
  stream = false;
  /** Stays 0 until generation starts: requests turned down cost nothing. */
  promptTokens = 0;

  constructor(log: BillLog, requestId: string, clientRequestId: string | null) {
    this.#log = log;
    this.requestId = requestId;
    this.#clientRequestId = clientRequestId;
  }

  /** Writes the bill unless it is already written. */
  settle(outcome: Outcome, generated: Generated = NOTHING_GENERATED): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#log.append({
      request_id: this.requestId,
      client_request_id: this.#clientRequestId,
      model: this.model,
      stream: this.stream,
      prompt_tokens: this.promptTokens,
      completion_tokens: generated.completionTokens,
      reasoning_tokens: generated.reasoningTokens,
      outcome,
    });
  }
}
