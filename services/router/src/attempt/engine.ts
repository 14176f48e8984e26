import { SluiceError } from "@sluice/platform/errors";
import type { RouteResponse } from "@sluice/proto/router/v1/router_service";
import { placeHold } from "./place-hold.ts";
import { runAttempt } from "./run-attempt.ts";
import type { EngineDependencies, RoutedRequest } from "./types.ts";

/**
 * The attempt engine: takes the candidates in order, places a hold for each, runs it, and goes on to the next one when an attempt
 * failed before anything was delivered and the error says that another target may do better.
 * @throws the last attempt's error; a refused hold ends the request, because no further attempt could be paid either.
 */
export async function* runAttempts(
  dependencies: EngineDependencies,
  request: RoutedRequest,
): AsyncGenerator<RouteResponse, void> {
  let failure: SluiceError | undefined;
  for (const [index, candidate] of request.candidates.entries()) {
    const last = index === request.candidates.length - 1;
    const attempt = await placeHold(dependencies, request, { candidate, ordinal: index + 1 });
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
