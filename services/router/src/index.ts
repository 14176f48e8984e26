import { setTimeout } from "node:timers/promises";
import { SluiceError } from "@sluice/platform/errors";
import { newId } from "@sluice/platform/ids";
import { InFlight, type RunningService, type ServiceContext, type ServiceModule } from "@sluice/platform/module";
import { bind } from "@sluice/platform/rpc";
import { LedgerServiceDefinition, QuoteRequest } from "@sluice/proto/ledger/v1/ledger_service";
import { ProviderServiceDefinition } from "@sluice/proto/provider/v1/provider_service";
import { RouterServiceDefinition } from "@sluice/proto/router/v1/router_service";
import { ValidatorServiceDefinition } from "@sluice/proto/validator/v1/validator_service";
import { keepFigures } from "./bound/learnt/keep-state.ts";
import { PromptBounds } from "./bound/prompt-bounds.ts";
import { Vocabularies } from "./bound/tokens/vocabularies.ts";
import { Catalog } from "./catalog/catalog.ts";
import { type RouterConfig, routerConfig } from "./config.ts";
import { Breakers } from "./health/breakers.ts";
import { FirstContact } from "./health/first-contact.ts";
import { routerService } from "./service.ts";

const CONTACT_MS = 2_000;
const CONTACT_EVERY_MS = 100;

/** The router: decides, tries, has answers judged, delivers. */
export const routerModule: ServiceModule<typeof routerConfig> = {
  name: "router",
  config: routerConfig,
  owns: [RouterServiceDefinition],
  calls: [LedgerServiceDefinition, ProviderServiceDefinition, ValidatorServiceDefinition],
  start: startRouter,
};

async function startRouter(context: ServiceContext<RouterConfig>): Promise<RunningService> {
  const provider = context.client(ProviderServiceDefinition);
  const catalog = new Catalog({ provider, refreshMs: context.config.catalog_refresh_ms, log: context.log });
  const kept = await keepFigures(context);
  const { figures } = kept;
  const vocabularies = new Vocabularies(context.log);
  const service = routerService(
    {
      config: context.config,
      bounds: new PromptBounds({ mode: context.config.input_bound, vocabularies, figures }),
      figures,
      ledger: context.client(LedgerServiceDefinition),
      provider,
      validator: context.client(ValidatorServiceDefinition),
      bus: context.bus,
      log: context.log,
      breakers: breakersOf(context),
      now: Date.now,
      random: Math.random,
      pause: (ms, signal) => setTimeout(ms, undefined, { signal }),
      newAttemptId: () => newId("att"),
    },
    catalog,
  );
  const inFlight = new InFlight();
  const ledger = ledgerContact(context);
  catalog.start();
  ledger.start();
  const notReady = (): string | undefined => {
    if (!catalog.known) return "the model catalogue has not been read yet";
    return ledger.made ? undefined : "the ledger has not answered yet";
  };
  // Doors ask for the models to know whether this router can serve: one that could not hold anything has none to offer.
  const listModels: typeof service.listModels = async (...call) => {
    const reason = notReady();
    if (reason !== undefined) throw new SluiceError("unavailable", `The router is not ready: ${reason}.`);
    return await service.listModels(...call);
  };
  return {
    services: [bind(RouterServiceDefinition, { ...service, listModels, route: inFlight.counted(service.route) })],
    notReady,
    drain: (deadlineMs) => inFlight.drain(deadlineMs),
    stop: async () => {
      catalog.stop();
      ledger.stop();
      await kept.stop();
    },
  };
}

/** Without a hold nothing is called: a router is not ready before its ledger has answered a question that costs nothing. */
function ledgerContact(context: ServiceContext<RouterConfig>): FirstContact {
  const ledger = context.client(LedgerServiceDefinition);
  const question = QuoteRequest.fromPartial({ priceId: "none" });
  return new FirstContact(() => ledger.quote(question, { deadlineMs: CONTACT_MS }), CONTACT_EVERY_MS);
}

/** The breakers of this process, each change a log line and counted. */
function breakersOf({ config, metrics, log }: ServiceContext<RouterConfig>): Breakers {
  const changes = metrics.counter({
    name: "sluice_router_breaker_changes_total",
    help: "How often the breaker of one of a provider's models changed its state.",
    labels: ["provider", "to"],
  });
  const { breaker } = config;
  const limits = {
    failuresMin: breaker.failures_min,
    failureShare: breaker.failure_share,
    windowMs: breaker.window_ms,
    openMs: breaker.open_ms,
    openMaxMs: breaker.open_max_ms,
  };
  return new Breakers(limits, (key, state) => {
    const slash = key.indexOf("/");
    const provider = key.slice(0, slash);
    changes.with({ provider, to: state }).add();
    log.warn({ provider, model: key.slice(slash + 1), state }, "breaker changed");
  });
}
