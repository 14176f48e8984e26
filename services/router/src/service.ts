import { type CallContext, type Implementation, type MessageSource, pulled } from "@sluice/platform/rpc";
import type {
  ListModelsResponse,
  ModelEntry,
  RouteRequest,
  RouteResponse,
  RouterServiceDefinition,
} from "@sluice/proto/router/v1/router_service";
import { askedOf } from "./asked.ts";
import { openAttempts } from "./attempt/engine.ts";
import { reportDecision } from "./attempt/report.ts";
import type { EngineDependencies } from "./attempt/types.ts";
import type { Catalog } from "./catalog/catalog.ts";
import { listModels } from "./catalog/list-models.ts";
import { Balances } from "./economy/balances.ts";
import { Economy } from "./economy/economy.ts";
import { ListPrices } from "./economy/list-prices.ts";
import { estimator } from "./estimate/estimate.ts";
import { explainer } from "./explain/explain.ts";
import { Planner } from "./plan/planner.ts";

/** Implements the router's contract over the catalogue and the attempt engine. */
export function routerService(
  dependencies: EngineDependencies,
  catalog: Catalog,
): Implementation<typeof RouterServiceDefinition> {
  const { config, ledger, log, breakers, now, random } = dependencies;
  const reading = { balances: new Balances({ ledger, log, now }), prices: new ListPrices({ ledger, log, now }) };
  const economy = new Economy(config.economy, reading);
  const planner = new Planner({ config, catalog, breakers, economy, now, random });
  return {
    route: (request, context) => pulled(() => route(dependencies, planner, { request, call: context })),
    listModels: async (): Promise<ListModelsResponse> => {
      const snapshot = await catalog.snapshot();
      return { models: listModels(snapshot, config.aliases) satisfies ModelEntry[] };
    },
    estimate: estimator(dependencies, planner),
    explain: explainer(dependencies),
  };
}

async function route(
  dependencies: EngineDependencies,
  planner: Planner,
  input: { readonly request: RouteRequest; readonly call: CallContext },
): Promise<MessageSource<RouteResponse>> {
  const { context, chat, task } = askedOf(input.request);
  const plan = await planner.plan({ context, chat, task, options: input.request.options });
  const request = {
    context,
    chat,
    task,
    level: plan.level,
    settings: plan.settings,
    attemptsMax: plan.attemptsMax,
    candidates: plan.ordered.map(({ candidate }) => candidate.entry),
    ...(plan.notes.size > 0 && { notes: plan.notes }),
    signal: input.call.signal,
    deadlineAt: input.call.deadlineAt,
  };
  return openAttempts(dependencies, request, reportDecision(dependencies, request, plan));
}
