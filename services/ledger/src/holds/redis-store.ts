import { type Redis, redisFailure } from "@sluice/platform/cache";
import { SluiceError } from "@sluice/platform/errors";
import { type AccountRef, accountKey, accountOfKey } from "../accounts.ts";
import { NOTHING, UNITS } from "../amounts.ts";
import { detailOf } from "./hold-record.ts";
import { amountLimbs, fromLimbs, packLimbs, toLimbs } from "./limbs.ts";
import { repeatOf } from "./machine.ts";
import { accountFromFields, holdFromFields, shortfallFromRow } from "./redis-fields.ts";
import { RedisKeys } from "./redis-keys.ts";
import { SCRIPTS, type Script } from "./redis-scripts.ts";
import type {
  AccountView,
  Hold,
  HoldName,
  HoldStore,
  HoldTerms,
  HoldUpkeep,
  LimitChange,
  Placement,
  PlaceOutcome,
  Settlement,
  SpentRow,
} from "./types.ts";

const DURABLE = Promise.resolve();
const UNKNOWN = { requestId: "", provider: "", model: "", priceId: "", priceVersion: "", fingerprint: "" };

export interface RedisStoreOptions {
  readonly redis: Redis;
  /** First part of every key; default `sluice`. */
  readonly prefix?: string;
  /** How long ended holds are remembered, in milliseconds. */
  readonly rememberMs: number;
}

/** Holds shared by many processes: every step is one script on the keys of one tenant. An answered step is durable if Redis is. */
export class RedisHoldStore implements HoldStore {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #rememberMs: string;
  readonly #tenants = new Set<string>();

  constructor(options: RedisStoreOptions) {
    this.#redis = options.redis;
    this.#keys = new RedisKeys(options.prefix ?? "sluice");
    this.#rememberMs = String(options.rememberMs);
  }

  async place(terms: HoldTerms): Promise<Placement> {
    await this.#note(terms.tenant);
    const reply = await this.#put(terms, false);
    return { outcome: await this.#outcomeOf(terms, reply), durable: DURABLE };
  }

  async find(names: readonly HoldName[]): Promise<ReadonlyMap<string, Hold>> {
    const found = new Map<string, Hold>();
    const read = async ({ tenant, id }: HoldName): Promise<void> => {
      const hold = holdFromFields(tenant, id, await this.#redis.hgetallBuffer(this.#keys.hold(tenant, id)));
      if (hold !== undefined) found.set(id, hold);
    };
    await reaching(() => Promise.all(names.map(read)));
    return found;
  }

  async renew(name: HoldName, expiresAt: number): Promise<number | undefined> {
    return (await this.#run(SCRIPTS.renew, name, [String(expiresAt)])) === 1 ? expiresAt : undefined;
  }

  async shrink(name: HoldName, keepNanousd: bigint): Promise<bigint | undefined> {
    const reply = await this.#run(SCRIPTS.shrink, name, toLimbs(keepNanousd));
    return Array.isArray(reply) ? fromLimbs(String(reply[0]), String(reply[1])) : undefined;
  }

  async markStarted(names: readonly HoldName[]): Promise<void> {
    await Promise.all(names.map((name) => this.#run(SCRIPTS.start, name, [])));
  }

  async settle(settlements: readonly Settlement[]): Promise<void> {
    await Promise.all(settlements.map((settlement) => this.#settle(settlement)));
  }

  async void(name: HoldName, at: number, expiredAt?: number): Promise<boolean> {
    const latest = expiredAt === undefined ? "" : String(expiredAt);
    return (await this.#run(SCRIPTS.void, name, [String(at), this.#rememberMs, latest])) === 1;
  }

  async expired(at: number, most: number): Promise<readonly Hold[]> {
    const holds = await this.#eachTenant((tenant) =>
      this.#redis.zrangebyscore(this.#keys.live(tenant), "-inf", at, "LIMIT", 0, most),
    );
    return holds.sort((a, b) => a.expiresAt - b.expiresAt).slice(0, most);
  }

  async balances(tenant?: string, accounts?: readonly AccountRef[]): Promise<readonly AccountView[]> {
    if (tenant === undefined) {
      const tenants = await reaching(() => this.#redis.smembers(this.#keys.tenants));
      return (await Promise.all(tenants.map((each) => this.balances(each)))).flat();
    }
    const hashes = await reaching(() =>
      Promise.all(this.#keys.counters(tenant).map((key) => this.#counters(key, accounts))),
    );
    const [held, spent, limits] = hashes;
    const names = new Set(hashes.flatMap((hash) => [...hash.keys()]));
    return [...names].flatMap((name) => {
      const fields = { held: held?.get(name), spent: spent?.get(name), limits: limits?.get(name) };
      return accountFromFields(tenant, accountOfKey(name), fields) ?? [];
    });
  }

  async setLimits(changes: readonly LimitChange[]): Promise<void> {
    await Promise.all(changes.map((change) => this.#setLimit(change)));
  }

  async openHolds(): Promise<number> {
    const tenants = await reaching(() => this.#redis.smembers(this.#keys.tenants));
    const counts = await reaching(() =>
      Promise.all(tenants.map((tenant) => this.#redis.zcard(this.#keys.live(tenant)))),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  readonly upkeep: HoldUpkeep = {
    isComplete: async () => (await reaching(() => this.#redis.exists(this.#keys.complete))) === 1,
    markComplete: async () => {
      await reaching(() => this.#redis.set(this.#keys.complete, "1"));
    },
    live: () => this.#eachTenant((tenant) => this.#redis.zrange(this.#keys.live(tenant), "0", "-1")),
    restore: async (holds) => {
      for (const hold of holds) {
        await this.#note(hold.tenant);
        await this.#put(hold, true, hold.started);
      }
    },
    setSpent: async (rows) => {
      await reaching(() => Promise.all(rows.map((row) => this.#overwriteSpent(row))));
    },
    // Redis forgets by itself: an ended hold's key has a time to live.
    forget: async () => undefined,
  };

  /** The connection belongs to the process. */
  async close(): Promise<void> {
    await DURABLE;
  }

  async #put(terms: HoldTerms, force: boolean, started = false): Promise<unknown> {
    return await this.#run(SCRIPTS.place, terms, [
      ...[force ? "1" : "0", String(terms.expiresAt), String(terms.placedAt), detailOf(terms), started ? "1" : "0"],
      ...amountLimbs(terms.amounts),
      ...terms.accounts.map(accountKey),
    ]);
  }

  async #outcomeOf(terms: HoldTerms, reply: unknown): Promise<PlaceOutcome> {
    const [kind, ...rest] = Array.isArray(reply) ? reply : [];
    if (kind === "granted") {
      const hold: Hold = { ...terms, state: "live", started: false, settled: NOTHING, rank: 0, endedAt: 0 };
      return { kind: "granted", hold, repeated: false };
    }
    if (kind === "refused") return { kind: "refused", shortfalls: rest.map((row) => shortfallFromRow(row)) };
    const known = (await this.find([terms])).get(terms.id);
    if (known === undefined) throw new SluiceError("unavailable", "The hold ended while it was asked for; try again.");
    return repeatOf(known, terms);
  }

  async #settle(settlement: Settlement): Promise<void> {
    const { chargeUnknown, rank, ending, total, at } = settlement;
    const unknown = chargeUnknown === undefined ? "" : detailOf({ ...UNKNOWN, accounts: chargeUnknown });
    await this.#note(settlement.tenant);
    await this.#run(SCRIPTS.settle, settlement, [
      ...[String(at), this.#rememberMs, String(rank), ending],
      ...amountLimbs(total),
      unknown,
    ]);
  }

  async #setLimit({ tenant, account, unit, limit }: LimitChange): Promise<void> {
    await this.#note(tenant);
    const index = String(UNITS.indexOf(unit) + 1);
    const entry = [limit === undefined ? "0" : "1", ...toLimbs(limit ?? 0n)];
    await this.#run(SCRIPTS.limit, { tenant, id: "" }, [accountKey(account), index, ...entry]);
  }

  async #overwriteSpent({ tenant, account, spent }: SpentRow): Promise<void> {
    await this.#note(tenant);
    const [, key] = this.#keys.counters(tenant);
    await this.#redis.hset(key, accountKey(account), packLimbs(amountLimbs(spent)));
  }

  /** Counters of the accounts named, or of all, by account. */
  async #counters(key: string, accounts: readonly AccountRef[] | undefined): Promise<ReadonlyMap<string, Buffer>> {
    if (accounts === undefined) return new Map(Object.entries(await this.#redis.hgetallBuffer(key)));
    if (accounts.length === 0) return new Map();
    const names = accounts.map(accountKey);
    const values = await this.#redis.hmgetBuffer(key, ...names);
    return new Map(names.flatMap((name, index) => (values[index] ? [[name, values[index]]] : [])));
  }

  /** Remembers that the tenant exists, so that listings find its keys. */
  async #note(tenant: string): Promise<void> {
    if (this.#tenants.has(tenant)) return;
    await reaching(() => this.#redis.sadd(this.#keys.tenants, tenant));
    this.#tenants.add(tenant);
  }

  async #eachTenant(list: (tenant: string) => Promise<string[]>): Promise<Hold[]> {
    const tenants = await reaching(() => this.#redis.smembers(this.#keys.tenants));
    const found = await Promise.all(
      tenants.map(async (tenant) => {
        const ids = await reaching(() => list(tenant));
        return [...(await this.find(ids.map((id) => ({ tenant, id })))).values()];
      }),
    );
    return found.flat();
  }

  async #run(script: Script, name: HoldName, args: readonly string[]): Promise<unknown> {
    const { tenant, id } = name;
    const keys = [this.#keys.hold(tenant, id), this.#keys.live(tenant), ...this.#keys.counters(tenant)];
    const all = [...keys, id, ...args];
    return await reaching(async () => {
      try {
        return await this.#redis.evalsha(script.digest, keys.length, ...all);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
        return await this.#redis.eval(script.text, keys.length, ...all);
      }
    });
  }
}

/** @throws unavailable when Redis cannot be reached or refuses the step: without a hold there is no call */
async function reaching<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw redisFailure(cause);
  }
}
