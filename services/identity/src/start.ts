import { checkDurable } from "@sluice/platform/cache";
import { SluiceError } from "@sluice/platform/errors";
import type { RunningService, ServiceContext } from "@sluice/platform/module";
import { bind, type Client } from "@sluice/platform/rpc";
import { AccountKind } from "@sluice/proto/common/v1/call_context";
import { Unit } from "@sluice/proto/common/v1/money";
import { IdentityServiceDefinition } from "@sluice/proto/identity/v1/identity_service";
import { LedgerServiceDefinition, SetBudgetRequest } from "@sluice/proto/ledger/v1/ledger_service";
import { ProviderServiceDefinition } from "@sluice/proto/provider/v1/provider_service";
import { QualityServiceDefinition } from "@sluice/proto/quality/v1/quality_service";
import { RouterServiceDefinition } from "@sluice/proto/router/v1/router_service";
import type { IdentityConfig } from "./config.ts";
import { Directory } from "./directory/directory.ts";
import { openDoor } from "./door/index.ts";
import type { DoorClients, ProcessFacts } from "./door/parts.ts";
import { Announcer } from "./keys/announcer.ts";
import { Keys, type SetKeyBudget } from "./keys/keys.ts";
import { type Domain, identityService } from "./service.ts";
import { DirectoryStore } from "./store/directory-store.ts";
import { KeyStore } from "./store/key-store.ts";
import { migrations } from "./store/migrations.ts";
import type { IdentitySchema } from "./store/schema.ts";

type Context = ServiceContext<IdentityConfig>;

/** Opens the store, says what a crash left unsaid, then opens the door. */
export async function startIdentity(context: Context): Promise<RunningService> {
  const clients = clientsOf(context);
  const { domain, announcer } = await domainOf(context, clients.ledger);
  const { config, log, bus } = context;
  const directory = config.admin_directory === "" ? context.dataDirectory : config.admin_directory;
  const door = await openDoor({ domain, clients, bus, log, config, facts: factsOf(context) }, directory);
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= door.close());
  return {
    // Keys and organisations are made at the admin door alone: the secret that every process knows must not be enough for that.
    services: [bind(IdentityServiceDefinition, identityService(domain))],
    notReady: () => undefined,
    // Closing ends event streams at once and lets other requests finish; the time limit guards against a hanging one.
    drain: async (deadlineMs) => await atMost(deadlineMs, close()),
    stop: async () => {
      door.destroy();
      await close();
      await announcer.stop();
    },
  };
}

function clientsOf(context: Context): DoorClients {
  return {
    ledger: context.client(LedgerServiceDefinition),
    providers: context.client(ProviderServiceDefinition),
    router: context.client(RouterServiceDefinition),
    quality: context.client(QualityServiceDefinition),
  };
}

async function domainOf(
  context: Context,
  ledger: DoorClients["ledger"],
): Promise<{ domain: Domain; announcer: Announcer }> {
  const { db } = await context.database<IdentitySchema>(migrations);
  const directory = new Directory(new DirectoryStore(db));
  await directory.ensureOrg(context.config.default_org);
  const store = new KeyStore(db);
  const { bus, log, config } = context;
  const announcer = new Announcer({ store, bus, log, retryMs: config.announce_retry_ms });
  await announcer.catchUp();
  const setBudget = keyBudget(ledger, config.call_timeout_ms);
  return { domain: { directory, keys: new Keys({ store, directory, announcer, setBudget }) }, announcer };
}

function keyBudget(ledger: Client<typeof LedgerServiceDefinition>, deadlineMs: number): SetKeyBudget {
  return async ({ tenantId, keyId, limitNanousd }) => {
    const budget = {
      account: { kind: AccountKind.ACCOUNT_KIND_KEY, id: keyId },
      limit: { unit: Unit.UNIT_NANOUSD, value: limitNanousd },
      window: "total",
    };
    await ledger.setBudget(SetBudgetRequest.create({ tenantId, budget }), { deadlineMs });
  };
}

function factsOf(context: Context): ProcessFacts {
  return {
    dataDirectory: context.dataDirectory,
    httpAddress: (service) => context.httpAddress(service),
    notReady: () => context.processNotReady(),
    async redis() {
      try {
        const redis = await context.redis();
        if (redis === undefined) return { used: false };
        await checkDurable(redis);
        return { used: true };
      } catch (error) {
        return { used: true, problem: SluiceError.from(error).message };
      }
    },
  };
}

async function atMost(deadlineMs: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, deadlineMs);
  await Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}
