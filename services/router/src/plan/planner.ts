import { SluiceError } from "@sluice/platform/errors";
import { abilityOf } from "@sluice/platform/tasks";
import type { RouteRequest } from "@sluice/proto/router/v1/router_service";
import type { Catalog } from "../catalog/catalog.ts";
import { resolveModel } from "../catalog/resolve-model.ts";
import type { RouterConfig } from "../config.ts";
import type { Economy } from "../economy/economy.ts";
import type { Breakers } from "../health/breakers.ts";
import { type RouteMatcher, routeMatcher } from "./match-route.ts";
import { planRequest, type RoutePlan } from "./plan-request.ts";

/** What a plan is made for: a request beside chat brings its chat along. */
export type PlannedRequest = Pick<RouteRequest, "chat" | "context" | "options"> & Partial<Pick<RouteRequest, "task">>;

export interface PlannerOptions {
  readonly config: RouterConfig;
  readonly catalog: Catalog;
  readonly breakers: Breakers;
  readonly economy: Economy;
  readonly now: () => number;
  readonly random: () => number;
}

const DAY_MS = 86_400_000;

/** Plans requests on the newest catalogue and balances. */
export class Planner {
  readonly #options: PlannerOptions;
  readonly #routes: RouteMatcher;
  #day = -1;
  #dayText = "";

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.#routes = routeMatcher(options.config);
  }

  /**
   * Decides who may serve a request and in which order. A name that is not known may be new, or its credential may be: the catalogue is read
   * once more before saying no. @throws what `planRequest` throws
   */
  async plan(request: PlannedRequest): Promise<RoutePlan> {
    const { catalog } = this.#options;
    try {
      return await this.#try(request);
    } catch (thrown) {
      const { code } = SluiceError.from(thrown);
      if (code === "credential_missing") await catalog.refreshAfresh();
      else if (code === "not_found") await catalog.refreshForMiss();
      else throw thrown;
      return await this.#try(request);
    }
  }

  async #try({ chat, context, options, task }: PlannedRequest): Promise<RoutePlan> {
    if (chat === undefined || context === undefined) {
      throw new SluiceError("invalid_request", "A request needs both context and chat.");
    }
    const { config, breakers, economy, now, random } = this.#options;
    const catalog = await this.#options.catalog.snapshot();
    const { aliases } = config;
    const routes = this.#routes;
    const at = now();
    const lifecycle = { today: this.#dayOf(at), migrations: config.migrations, ended: config.ended_models };
    const candidates = () =>
      resolveModel(chat.model, { aliases, rule: routes(chat.model).rule, lifecycle }, catalog).candidates;
    const thrift = await economy.thriftFor(context, candidates);
    const ability = task === undefined ? undefined : abilityOf(task);
    return planRequest({
      ...{ chat, ability, options, catalog, aliases, lifecycle, routes, breakers, now: at, random, thrift },
    });
  }

  /** The UTC day; printed once a day, since this is asked for every request. */
  #dayOf(at: number): string {
    const day = Math.floor(at / DAY_MS);
    if (day !== this.#day) {
      this.#day = day;
      this.#dayText = new Date(at).toISOString().slice(0, 10);
    }
    return this.#dayText;
  }
}
