import { SluiceError } from "@sluice/platform/errors";
import type { CallContext, Implementation } from "@sluice/platform/rpc";
import type {
  ListModelsResponse,
  ModelEntry,
  RouteRequest,
  RouteResponse,
  RouterServiceDefinition,
} from "@sluice/proto/router/v1/router_service";
import { Level } from "@sluice/proto/validator/v1/validator_service";
import { runAttempts } from "./attempt/engine.ts";
import { reportDecision } from "./attempt/report.ts";
import type { EngineDependencies } from "./attempt/types.ts";
import type { Catalog } from "./catalog/catalog.ts";
import { listModels } from "./catalog/list-models.ts";
import { type ResolvedModel, resolveModel } from "./catalog/resolve-model.ts";
import { STRATEGIES } from "./strategies/registry.ts";

const LEVELS = ["off", "observe", "guard", "strict"] as const;
const LEVEL_NAMES: readonly string[] = LEVELS;
const LEVEL_VALUES = [Level.LEVEL_OFF, Level.LEVEL_OBSERVE, Level.LEVEL_GUARD, Level.LEVEL_STRICT] as const;

/** Implements the router's contract over the catalogue and the attempt engine. */
export function routerService(
  dependencies: EngineDependencies,
  catalog: Catalog,
): Implementation<typeof RouterServiceDefinition> {
  return {
    route: (request, context) => route(dependencies, catalog, { request, call: context }),
    listModels: async (): Promise<ListModelsResponse> => {
      const snapshot = await catalog.snapshot();
      return { models: listModels(snapshot, dependencies.config.aliases) satisfies ModelEntry[] };
    },
  };
}

async function* route(
  dependencies: EngineDependencies,
  catalog: Catalog,
  input: { readonly request: RouteRequest; readonly call: CallContext },
): AsyncGenerator<RouteResponse, void> {
  const { chat, context } = input.request;
  if (chat === undefined || context === undefined) {
    throw new SluiceError("invalid_request", "RouteRequest needs both context and chat.");
  }
  const level = chooseLevel(dependencies.config.validation_level, input.request.options?.validationLevel ?? "");
  const resolved = await resolve(chat.model, dependencies, catalog);
  const ordered = STRATEGIES[resolved.strategy].order(resolved.candidates);
  const candidates = ordered.flatMap(({ provider, model }) =>
    resolved.candidates.filter((candidate) => candidate.provider === provider && candidate.model === model),
  );
  const request = { context, chat, level, candidates, signal: input.call.signal, deadlineAt: input.call.deadlineAt };
  const decided = reportDecision(dependencies, request, { strategy: resolved.strategy, ordered });
  yield* runAttempts(dependencies, request, decided);
}

/** A name that is not known may be new, or its credential may be: the catalogue is read once more before saying no. */
async function resolve(name: string, dependencies: EngineDependencies, catalog: Catalog): Promise<ResolvedModel> {
  const { aliases } = dependencies.config;
  try {
    return resolveModel(name, aliases, await catalog.snapshot());
  } catch (thrown) {
    const { code } = SluiceError.from(thrown);
    if (code === "credential_missing") await catalog.refreshAfresh();
    else if (code === "not_found") await catalog.refreshForMiss();
    else throw thrown;
    return resolveModel(name, aliases, await catalog.snapshot());
  }
}

/** The caller may ask for more judgement than the route's level, never for less. @throws invalid_request for an unknown level. */
export function chooseLevel(routeLevel: (typeof LEVELS)[number], asked: string): Level {
  const least = LEVELS.indexOf(routeLevel);
  const wanted = asked === "" ? least : LEVEL_NAMES.indexOf(asked);
  if (wanted < 0) {
    throw new SluiceError(
      "invalid_request",
      `Validation level "${asked}" is not known; use one of ${LEVELS.join(", ")}.`,
      {
        details: { param: "validation_level" },
      },
    );
  }
  return LEVEL_VALUES[Math.max(least, wanted)] ?? Level.LEVEL_GUARD;
}
