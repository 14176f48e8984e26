import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  type Bus,
  type BusOptions,
  type EventType,
  type OutgoingEvent,
  openBus,
  payloadOf,
} from "@sluice/platform/bus";
import type { Redis } from "@sluice/platform/cache";
import { createLogger } from "@sluice/platform/log";
import { createMetrics } from "@sluice/platform/metrics";
import type { RunningService, ServiceContext } from "@sluice/platform/module";
import { type Client, createClient, openLocalChannel } from "@sluice/platform/rpc";
import { type DatabaseOptions, type Migrations, openDatabase } from "@sluice/platform/sql";
import { type Account, AccountKind } from "@sluice/proto/common/v1/call_context";
import { Unit } from "@sluice/proto/common/v1/money";
import { AttemptMetered, AttemptStarted } from "@sluice/proto/events/v1/attempt_events";
import {
  type AccountBalance,
  type HoldGranted,
  HoldRequest,
  type HoldResponse,
  LedgerServiceDefinition,
} from "@sluice/proto/ledger/v1/ledger_service";
import type { Kysely } from "kysely";
import { ledgerModule } from "../../services/ledger/src/index.ts";
import { migrations } from "../../services/ledger/src/store/migrations.ts";
import type { LedgerSchema } from "../../services/ledger/src/store/schema.ts";
import { temporaryDirectory } from "../harness/index.ts";

export const ORG = { kind: AccountKind.ACCOUNT_KIND_ORG, id: "acme" };
export const KEY = { kind: AccountKind.ACCOUNT_KIND_KEY, id: "key_1" };
export const VERSION = "sim/exact@2026-01-01";
const TENANT = "acme";

export interface WorldOptions {
  readonly database: DatabaseOptions;
  readonly redis?: Redis | undefined;
  readonly config?: Record<string, unknown>;
  /** Default: an embedded bus of the world's own. */
  readonly bus?: BusOptions;
  /** Data of an earlier world, to go on with; default a new directory and an empty Redis. */
  readonly directory?: string;
}

/** A real ledger on a real embedded bus, which can be stopped and started again on the same data. */
export class LedgerWorld {
  readonly #options: WorldOptions;
  readonly directory: string;
  #bus: Bus | undefined;
  #service: RunningService | undefined;
  #client: Client<typeof LedgerServiceDefinition> | undefined;
  #closeDatabase: () => Promise<void> = async () => undefined;
  readonly metrics = createMetrics({ processMetrics: false });
  /** Called when a fact of the ledger has become durable, before the ledger hears of it. */
  onPublished: ((type: EventType) => void) | undefined;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.directory = options.directory ?? temporaryDirectory("ledger");
  }

  async start(): Promise<this> {
    // A first start finds an empty hold store, as it finds an empty database.
    const { bus, config, directory, redis } = this.#options;
    if (this.#bus === undefined && directory === undefined) await redis?.flushall();
    this.#bus ??= await openBus(bus ?? { kind: "embedded", file: join(this.directory, "events.db") });
    const settings = { expiry_interval_ms: 20, expiry_grace_ms: 0, ...config };
    this.#service = await ledgerModule.start(this.#context(ledgerModule.config.parse(settings)));
    const channel = openLocalChannel({ services: this.#service.services, freeze: true });
    this.#client = createClient(LedgerServiceDefinition, channel);
    return this;
  }

  /** Stops the ledger; the bus stays, as it would in another process. */
  async stop(): Promise<void> {
    await this.#service?.drain(1_000);
    await this.#service?.stop();
    await this.#closeDatabase();
    this.#service = undefined;
  }

  async close(): Promise<void> {
    if (this.#service !== undefined) await this.stop();
    await this.#bus?.close();
    this.#bus = undefined;
  }

  get ledger(): Client<typeof LedgerServiceDefinition> {
    if (this.#client === undefined) throw new Error("The ledger has not been started.");
    return this.#client;
  }

  /** The ledger's contracts, for a channel of another kind. */
  get services(): RunningService["services"] {
    return this.#service?.services ?? [];
  }

  get bus(): Bus {
    if (this.#bus === undefined) throw new Error("The bus has not been opened.");
    return this.#bus;
  }

  /** Asks for a hold of `tokens` output tokens at one dollar per million: 1,000 nano-USD each. */
  async hold(attemptId: string, tokens: bigint, more: Partial<HoldRequest> = {}): Promise<HoldResponse> {
    return await this.ledger.hold(
      HoldRequest.fromPartial({
        attemptId,
        requestId: `req_${attemptId}`,
        tenantId: TENANT,
        accounts: [ORG, KEY],
        provider: "sim",
        model: "exact",
        priceId: "sim/exact",
        outputTokenBound: tokens,
        n: 1,
        ttlMs: 60_000n,
        ...more,
      }),
    );
  }

  async granted(attemptId: string, tokens: bigint, more: Partial<HoldRequest> = {}): Promise<HoldGranted> {
    const { outcome } = await this.hold(attemptId, tokens, more);
    if (outcome?.$case !== "granted") throw new Error(`Hold ${attemptId} was not granted.`);
    return outcome.value;
  }

  async limit(value: bigint, unit: Unit = Unit.UNIT_NANOUSD, account: Account = KEY): Promise<void> {
    const budget = { account, limit: { unit, value }, window: "total", soft: false };
    await this.ledger.setBudget({ tenantId: TENANT, budget, remove: false });
  }

  async started(attemptId: string): Promise<void> {
    const payload = AttemptStarted.fromPartial({ attemptId, holdId: attemptId, tenantId: TENANT });
    await this.bus.publish({ type: "attempt.started", id: attemptId, tenant: TENANT, payload });
  }

  /** Publishes what an attempt used; `factId` makes the bus take the same fact again. */
  async metered(attemptId: string, tokens: bigint, more: Partial<AttemptMetered> = {}, factId = attemptId) {
    const payload = AttemptMetered.fromPartial({
      attemptId,
      holdId: attemptId,
      requestId: `req_${attemptId}`,
      tenantId: TENANT,
      provider: "sim",
      model: "exact",
      priceId: "sim/exact",
      priceVersion: VERSION,
      usage: { inputTokens: 0n, outputTokens: tokens },
      ending: "completed",
      ...more,
    });
    await this.bus.publish({ type: "attempt.metered", id: factId, tenant: TENANT, payload });
  }

  async key(unit: Unit = Unit.UNIT_NANOUSD): Promise<AccountBalance> {
    const { balances } = await this.ledger.balance({ tenantId: TENANT, accounts: [KEY] });
    const balance = balances.find((each) => each.unit === unit);
    if (balance === undefined) throw new Error("The key has no balance in this unit.");
    return balance;
  }

  /** Kind and amount of every posting, in order. */
  async postings(): Promise<readonly (readonly [attempt: string, kind: string, nanousd: bigint])[]> {
    const { postings } = await this.ledger.postings({ tenantId: TENANT, after: 0n, limit: 0, requestId: "" });
    return postings.map(({ attemptId, kind, amountNanousd }) => [attemptId, kind, amountNanousd]);
  }

  /** Payloads of everything published so far of one type. */
  async events<T extends EventType>(type: T, stream = "SLUICE_LEDGER"): Promise<OutgoingEvent<T>["payload"][]> {
    const found: OutgoingEvent<T>["payload"][] = [];
    for await (const event of this.bus.read({ stream, types: [type], untilEnd: true })) {
      found.push(payloadOf(event) as OutgoingEvent<T>["payload"]);
    }
    return found;
  }

  /** Looks into the books, past the ledger. */
  async books<T>(look: (db: Kysely<LedgerSchema>) => Promise<T>): Promise<T> {
    const database = await openDatabase<LedgerSchema>(this.#options.database, migrations);
    try {
      return await look(database.db);
    } finally {
      await database.close();
    }
  }

  #watched(bus: Bus): Bus {
    const publish = async (event: OutgoingEvent): Promise<void> => {
      await bus.publish(event);
      this.onPublished?.(event.type);
    };
    return {
      publish,
      consume: (options) => bus.consume(options),
      read: (options) => bus.read(options),
      health: () => bus.health(),
      close: () => bus.close(),
    };
  }

  #context<Config>(config: Config): ServiceContext<Config> {
    const directory = join(this.directory, "ledger");
    mkdirSync(directory, { recursive: true });
    return {
      config,
      log: createLogger({ service: "ledger", level: "silent" }),
      metrics: this.metrics,
      bus: this.#watched(this.bus),
      directory,
      durability: "process",
      dataDirectory: this.directory,
      client: () => {
        throw new Error("The ledger calls nobody.");
      },
      database: async <Schema>(own: Migrations) => {
        const database = await openDatabase<Schema>(this.#options.database, own);
        this.#closeDatabase = () => database.close();
        return database;
      },
      databaseOptions: () => this.#options.database,
      redis: async () => this.#options.redis,
      deriveKey: () => Buffer.alloc(32),
      httpAddress: () => undefined,
      processNotReady: () => [],
    };
  }
}
