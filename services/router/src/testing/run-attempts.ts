import { pulled } from "@sluice/platform/rpc";
import type { RouteResponse } from "@sluice/proto/router/v1/router_service";
import { openAttempts } from "../attempt/engine.ts";
import type { EngineDependencies, RoutedRequest } from "../attempt/types.ts";

/** The messages of a request's attempts, as the service hands them out. */
export function runAttempts(
  dependencies: EngineDependencies,
  request: RoutedRequest,
  decided: Promise<void> = Promise.resolve(),
): AsyncIterableIterator<RouteResponse, void> {
  return pulled(() => openAttempts(dependencies, request, decided));
}
