import { NO_SPAN, type Trace } from "@sluice/platform/trace";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ErrorShape } from "./errors/error-shape.ts";
import { OPENAI_ERRORS } from "./errors/openai-error.ts";

/** One HTTP request and what becomes known of it on its way; the log line and the metrics are written from it. */
export interface Exchange {
  readonly requestId: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Epoch milliseconds. */
  readonly receivedAtMs: number;
  /** Milliseconds of the process's own steady clock. */
  readonly startedAt: number;
  /** Ends everything behind this request: when the client leaves, or the door has to stop. */
  readonly abort: AbortController;
  /** The request's span; everything that is done for it runs inside. */
  readonly span: Trace;
  /** How its door tells errors. */
  readonly errors: ErrorShape;
  /** What was learnt, for the log. Never prompts, answers or keys. */
  readonly facts: ExchangeFacts;
}

export interface ExchangeFacts {
  /** Pattern of the path, so that there are few of them; `unknown` for a path without a route. */
  readonly route: string;
  tenantId?: string;
  keyId?: string;
  provider?: string;
  model?: string;
  attempt?: string;
  stream?: boolean;
  firstByteMs?: number;
  inputTokens?: number;
  outputTokens?: number;
  costNanoUsd?: bigint;
  verdict?: string;
  errorCode?: string;
  error?: unknown;
}

/** Opens the record of a request whose headers have arrived. */
export function openExchange(
  request: FastifyRequest,
  reply: FastifyReply,
  { span = NO_SPAN, errors = OPENAI_ERRORS }: { readonly span?: Trace; readonly errors?: ErrorShape | undefined } = {},
): Exchange {
  return {
    requestId: request.id,
    request,
    reply,
    receivedAtMs: Date.now(),
    startedAt: performance.now(),
    abort: new AbortController(),
    span,
    errors,
    facts: { route: request.routeOptions.url ?? "unknown" },
  };
}
