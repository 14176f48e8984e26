import { SluiceError } from "@sluice/platform/errors";
import type { CallContext, Implementation } from "@sluice/platform/rpc";
import type {
  ListModelsResponse,
  ModelEntry,
  RouteRequest,
  RouteResponse,
  RouterServiceDefinition,
} from "@sluice/proto/router/v1/router_service";
import { runAttempts } from "./attempt/engine.ts";
import { reportDecision } from "./attempt/report.ts";
import type { EngineDependencies } from "./attempt/types.ts";
import type { Catalog } from "./catalog/catalog.ts";
import { listModels } from "./catalog/list-models.ts";
import { explainer } from "./explain/explain.ts";
import { type RouteMatcher, routeMatcher } from "./plan/match-route.ts";
import { planRequest, type RoutePlan } from "./plan/plan-request.ts";

/** Implements the router's contract over the catalogue and the attempt engine. */
export function routerService(
  dependencies: EngineDependencies,
  catalog: Catalog,
): Implementation<typeof RouterServiceDefinition> {
  const routes = routeMatcher(dependencies.config);
  return {
    route: (request, context) => route(dependencies, { catalog, routes }, { request, call: context }),
    listModels: async (): Promise<ListModelsResponse> => {
      const snapshot = await catalog.snapshot();
      return { models: listModels(snapshot, dependencies.config.aliases) satisfies ModelEntry[] };
    },
    explain: explainer(dependencies),
  };
}

interface Known {
  readonly catalog: Catalog;
  readonly routes: RouteMatcher;
}

async function* route(
  dependencies: EngineDependencies,
  known: Known,
  input: { readonly request: RouteRequest; readonly call: CallContext },
): AsyncGenerator<RouteResponse, void> {
  const { chat, context } = input.request;
  if (chat === undefined || context === undefined) {
    throw new SluiceError("invalid_request", "RouteRequest needs both context and chat.");
  }
  const plan = await planWithFreshCatalog(dependencies, known, input.request);
  const request = {
    context,
    chat,
    level: plan.level,
    settings: plan.settings,
    attemptsMax: plan.attemptsMax,
    candidates: plan.ordered.map(({ candidate }) => candidate.entry),
    signal: input.call.signal,
    deadlineAt: input.call.deadlineAt,
  };
  yield* runAttempts(dependencies, request, reportDecision(dependencies, request, plan));
}

/** A name that is not known may be new, or its credential may be: the catalogue is read once more before saying no. */
async function planWithFreshCatalog(
  dependencies: EngineDependencies,
  { catalog, routes }: Known,
  { chat, options }: RouteRequest,
): Promise<RoutePlan> {
  if (chat === undefined) throw new SluiceError("invalid_request", "RouteRequest needs a chat.");
  const { config, breakers, now, random } = dependencies;
  const plan = async (): Promise<RoutePlan> => {
    const snapshot = await catalog.snapshot();
    return planRequest({
      chat,
      options,
      catalog: snapshot,
      aliases: config.aliases,
      routes,
      breakers,
      now: now(),
      random,
    });
  };
  try {
    return await plan();
  } catch (thrown) {
    const { code } = SluiceError.from(thrown);
    if (code === "credential_missing") await catalog.refreshAfresh();
    else if (code === "not_found") await catalog.refreshForMiss();
    else throw thrown;
    return plan();
  }
}
