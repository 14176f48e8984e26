import { type Bus, STREAMS } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import { timeOfId } from "@sluice/platform/ids";
import type { CallContext } from "@sluice/platform/rpc";
import type { ExplainRequest, ExplainResponse } from "@sluice/proto/router/v1/router_service";
import { readFacts } from "./read-facts.ts";
import { tellStory } from "./tell-story.ts";

export interface ExplainDependencies {
  readonly bus: Bus;
  readonly now: () => number;
}

type Explain = (request: ExplainRequest, call: CallContext) => Promise<ExplainResponse>;

/** Clocks of machines differ a little: a stream may have stored a fact before the moment its request says it arrived. */
const CLOCKS_DIFFER_MS = 5_000;
const READ_MS_MAX = 20_000;
/** Part of the caller's time kept back for the way of the answer. */
const ANSWER_MS = 500;
const AT_ONCE_MAX = 4;
const DAY_MS = 86_400_000;

/** Makes the teller of stories; few at once, because one may read much. */
export function explainer({ bus, now }: ExplainDependencies): Explain {
  let running = 0;
  return async (request, call) => {
    const arrivedAt = arrivalOf(request.requestId, now());
    if (running >= AT_ONCE_MAX) {
      throw new SluiceError("overloaded", `${running} stories are being read already: ask again when one is told.`);
    }
    running += 1;
    try {
      const time = AbortSignal.timeout(readMs(call, now()));
      const since = arrivedAt - CLOCKS_DIFFER_MS;
      const signal = AbortSignal.any([call.signal, time]);
      const facts = await readFacts(bus, { ...request, since, signal });
      call.signal.throwIfAborted();
      if (facts.newestAt === 0) throw time.aborted ? notFoundYet(request.requestId) : unknown(request.requestId);
      return tellStory(facts, { arrivedAt, now: now(), readAll: !time.aborted });
    } finally {
      running -= 1;
    }
  };
}

/** @throws invalid_request for a text that is no request's id, not_found for one from the future */
function arrivalOf(requestId: string, now: number): number {
  const arrivedAt = timeOfId("req", requestId);
  if (arrivedAt === undefined) {
    const message =
      "This is no request's id: it is req_ and 25 letters and digits, as the header x-sluice-request-id of every answer gives it.";
    throw new SluiceError("invalid_request", message, { details: { param: "request_id" } });
  }
  if (arrivedAt > now + CLOCKS_DIFFER_MS) throw unknown(requestId);
  return arrivedAt;
}

function readMs(call: CallContext, now: number): number {
  const left = call.deadlineAt === undefined ? READ_MS_MAX : call.deadlineAt - now - ANSWER_MS;
  return Math.max(1, Math.min(READ_MS_MAX, left));
}

function unknown(requestId: string): SluiceError {
  const days = STREAMS.SLUICE_DECISIONS.maxAgeMs / DAY_MS;
  return new SluiceError(
    "not_found",
    `No fact tells of ${requestId}. Decisions and verdicts are kept for ${days} days, attempts and money for good. A request that was refused before a model was chosen (400, 401, 403, 404, 429) leaves none; facts of a running one take a moment.`,
  );
}

function notFoundYet(requestId: string): SluiceError {
  return new SluiceError(
    "timeout",
    `The streams could not be read to their end in time, and nothing of ${requestId} was found so far.`,
  );
}
