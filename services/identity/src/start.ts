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
import { Declarations } from "./declared/declarations.ts";
import { ledgerEnforcement } from "./declared/enforce.ts";
import { Directory } from "./directory/directory.ts";
import { openDoor } from "./door/index.ts";
import type { DoorClients, ProcessFacts } from "./door/parts.ts";
import { Announcer } from "./keys/announcer.ts";
import { Keys, type SetKeyBudget } from "./keys/keys.ts";
import { type Domain, identityService } from "./service.ts";
import { SessionEnder } from "./sessions/ender.ts";
import { sessionLedger } from "./sessions/ledger.ts";
import { Sessions } from "./sessions/sessions.ts";
import { DeclaredStore } from "./store/declared-store.ts";
import { DirectoryStore } from "./store/directory-store.ts";
import { KeyStore } from "./store/key-store.ts";
import { migrations } from "./store/migrations.ts";
import type { IdentitySchema } from "./store/schema.ts";
import { SessionStore } from "./store/session-store.ts";

type Context = ServiceContext<IdentityConfig>;

const DAY_MS = 86_400_000;

/** Opens the store, says what a crash left unsaid, puts in force what is declared, then opens the door. */
export async function startIdentity(context: Context): Promise<RunningService> {
  const clients = clientsOf(context);
  const { domain, announcer, ender } = await domainOf(context, clients.ledger);
  const { config, log, bus } = context;
  const { orgs, budgets, rate_limits } = config;
  await domain.declarations.start({ orgs, budgets, rate_limits });
  ender.start();
  const directory = config.admin_directory === "" ? context.dataDirectory : config.admin_directory;
  const door = await openDoor({ domain, clients, bus, log, config, facts: factsOf(context) }, directory);
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= door.close());
  return {
    // Keys and organisations are made at the admin door alone: the secret that every process knows must not be enough for that.
    services: [bind(IdentityServiceDefinition, identityService(domain))],
    notReady: () => domain.declarations.waiting,
    // Closing ends event streams at once and lets other requests finish; the time limit guards against a hanging one.
    drain: async (deadlineMs) => await atMost(deadlineMs, close()),
    stop: async () => {
      door.destroy();
      await close();
      domain.declarations.stop();
      await Promise.all([announcer.stop(), ender.stop()]);
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

interface Parts {
  readonly domain: Domain;
  readonly announcer: Announcer;
  readonly ender: SessionEnder;
}

async function domainOf(context: Context, ledger: DoorClients["ledger"]): Promise<Parts> {
  const { db } = await context.database<IdentitySchema>(migrations);
  const directory = new Directory(new DirectoryStore(db));
  await directory.ensureOrg(context.config.default_org);
  const store = new KeyStore(db);
  const { bus, log, config } = context;
  const announcer = new Announcer({ store, bus, log, retryMs: config.announce_retry_ms });
  await announcer.catchUp();
  const setBudget = keyBudget(ledger, config.call_timeout_ms);
  const keys = new Keys({ store, directory, announcer, setBudget });
  const { sessions, ender } = sessionsOf(context, ledger, { store: new SessionStore(db), keys, directory });
  const declarations = new Declarations({
    store: new DeclaredStore(db),
    lookup: { directory, keys, sessions },
    enforcement: ledgerEnforcement(ledger, directory, { deadlineMs: config.call_timeout_ms }),
    log,
    retryMs: config.announce_retry_ms,
  });
  return { domain: { directory, keys, sessions, declarations }, announcer, ender };
}

function sessionsOf(
  { config, bus, log }: Context,
  client: DoorClients["ledger"],
  parts: { store: SessionStore; keys: Keys; directory: Directory },
): { sessions: Sessions; ender: SessionEnder } {
  const ledger = sessionLedger(client, config.call_timeout_ms);
  const ender = new SessionEnder({
    store: parts.store,
    ledger,
    bus,
    log,
    sweepMs: config.session_sweep_ms,
    // By then the ledger has answered the opening, or never will.
    forgottenMs: 3 * config.call_timeout_ms,
    keepMs: config.session_keep_days * DAY_MS,
  });
  const limits = { ttlMsMax: config.session_ttl_max_ms, perKeyMax: config.sessions_per_key_max };
  return { sessions: new Sessions({ ...parts, ledger, ender, limits }), ender };
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
