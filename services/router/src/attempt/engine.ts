import { SluiceError } from "@sluice/platform/errors";
import type { RouteResponse } from "@sluice/proto/router/v1/router_service";
import { voidHold } from "./keep-hold.ts";
import { placeHold } from "./place-hold.ts";
import { runAttempt } from "./run-attempt.ts";
import type { Attempt, EngineDependencies, RoutedRequest } from "./types.ts";

/**
 * The attempt engine: takes the candidates in order, places a hold for each, runs it, and goes on to the next one when an attempt
 * failed before anything was delivered and the error says that another target may do better.
 * `decided` is the decision becoming durable: no attempt starts before it is.
 * @throws the last attempt's error; a refused hold ends the request, because no further attempt could be paid either.
 */
export async function* runAttempts(
  dependencies: EngineDependencies,
  request: RoutedRequest,
  decided: Promise<void>,
): AsyncGenerator<RouteResponse, void> {
  let failure: SluiceError | undefined;
  for (const [index, candidate] of request.candidates.entries()) {
    const last = index === request.candidates.length - 1;
    const holding = placeHold(dependencies, request, { candidate, ordinal: index + 1 });
    const attempt = await holdOnceDecided(dependencies, request, { holding, decided });
    try {
      yield* runAttempt(dependencies, request, { attempt, last });
      return;
    } catch (thrown) {
      failure = SluiceError.from(thrown);
      if (request.signal.aborted || failure.row.retry === "no") break;
    }
  }
  throw failure ?? new SluiceError("internal", "A request reached the attempt engine without a candidate.");
}

/** The hold and the decision become durable at the same time; without the decision the hold is given back. */
async function holdOnceDecided(
  dependencies: EngineDependencies,
  request: RoutedRequest,
  both: { readonly holding: Promise<Attempt>; readonly decided: Promise<void> },
): Promise<Attempt> {
  const [held, decision] = await Promise.allSettled([both.holding, both.decided]);
  if (held.status === "rejected") throw held.reason;
  if (decision.status === "fulfilled") return held.value;
  await voidHold(dependencies, request, { attempt: held.value, reason: "the decision could not be stored" });
  throw decision.reason;
}
