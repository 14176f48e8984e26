import type { Redis } from "@sluice/platform/cache";
import { type AccountRef, accountKey, accountOfKey } from "../accounts.ts";
import type { RedisKeys } from "./redis-keys.ts";
import { counterOfRecord, holdOfRecord, limitsOfRecord } from "./redis-record.ts";
import type { RedisSteps } from "./redis-steps.ts";
import type { AccountView, Hold, WindowView } from "./types.ts";
import { type CalendarWindow, counterOfKey, instanceOfName } from "./windows.ts";

export interface ReaderOptions {
  readonly redis: Redis;
  readonly keys: RedisKeys;
  readonly steps: RedisSteps;
}

/** A window's counter as it is stored. */
export interface StoredWindow {
  readonly key: string;
  readonly account: AccountRef;
  readonly window: CalendarWindow;
  readonly start: number;
}

/** No account's key begins so, but its id may contain any of it. */
const WINDOW_KEY = /^[a-z]+@-?\d+\|/;
const LIVE_AT_ONCE = 500;

/** Reads one tenant of the shared hold store under an epoch. */
export class RedisReader {
  readonly #options: ReaderOptions;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  async find(tenant: string, epoch: string, ids: readonly string[]): Promise<readonly Hold[]> {
    if (ids.length === 0) return [];
    const { redis, keys, steps } = this.#options;
    const [live, ended] = await steps.read(tenant, epoch, () =>
      Promise.all([
        redis.hmgetBuffer(keys.live(tenant, epoch), ...ids),
        redis.mgetBuffer(ids.map((id) => keys.ended(tenant, epoch, id))),
      ]),
    );
    return ids.flatMap((id, index) => {
      const record = live[index] ?? ended[index];
      return record === null || record === undefined ? [] : [holdOfRecord(tenant, id, record)];
    });
  }

  /** Live holds that expired at or before the moment, the oldest first. */
  async expired(question: {
    readonly tenant: string;
    readonly epoch: string;
    readonly at: number;
    readonly most: number;
  }): Promise<readonly Hold[]> {
    const { tenant, epoch, at, most } = question;
    const { redis, keys, steps } = this.#options;
    const ids = await steps.read(tenant, epoch, () =>
      redis.zrangebyscore(keys.expiries(tenant, epoch), "-inf", at, "LIMIT", 0, most),
    );
    return await this.find(tenant, epoch, ids);
  }

  async live(tenant: string, epoch: string): Promise<readonly Hold[]> {
    const { redis, keys, steps } = this.#options;
    const ids = await steps.read(tenant, epoch, () => redis.zrange(keys.expiries(tenant, epoch), "0", "-1"));
    const holds: Hold[] = [];
    for (let first = 0; first < ids.length; first += LIVE_AT_ONCE) {
      holds.push(...(await this.find(tenant, epoch, ids.slice(first, first + LIVE_AT_ONCE))));
    }
    return holds.filter(({ state }) => state === "live");
  }

  async liveCount(tenant: string, epoch: string): Promise<number> {
    const { redis, keys, steps } = this.#options;
    return await steps.read(tenant, epoch, () => redis.zcard(keys.expiries(tenant, epoch)));
  }

  /** Counters of windows. */
  async windows(tenant: string, epoch: string): Promise<readonly StoredWindow[]> {
    const { redis, keys, steps } = this.#options;
    const names = await steps.read(tenant, epoch, () => redis.hkeys(keys.counters(tenant, epoch)));
    return names.flatMap((name) => windowOf(name) ?? []);
  }

  /** The accounts named, or all; without those nothing is known of. */
  async balances(
    tenant: string,
    epoch: string,
    accounts: readonly AccountRef[] | undefined,
  ): Promise<readonly AccountView[]> {
    const { redis, keys, steps } = this.#options;
    const [counters, limits] = [keys.counters(tenant, epoch), keys.limits(tenant, epoch)];
    if (accounts === undefined) {
      const [found, limited] = await steps.read(tenant, epoch, () =>
        Promise.all([redis.hgetallBuffer(counters), redis.hgetallBuffer(limits)]),
      );
      return viewsOf(tenant, new Map(Object.entries(found)), new Map(Object.entries(limited)));
    }
    if (accounts.length === 0) return [];
    const names = accounts.map(accountKey);
    const [found, limited, all] = await steps.read(tenant, epoch, () =>
      Promise.all([redis.hmgetBuffer(counters, ...names), redis.hmgetBuffer(limits, ...names), redis.hkeys(counters)]),
    );
    const wanted = new Set(names);
    const windows = all.filter((key) => wanted.has(windowAccount(key)));
    const values =
      windows.length === 0 ? [] : await steps.read(tenant, epoch, () => redis.hmgetBuffer(counters, ...windows));
    const records = fieldsOf([...names, ...windows], [...found, ...values]);
    const views = viewsOf(tenant, records, fieldsOf(names, limited));
    const places = new Map(names.map((name, index) => [name, index]));
    return [...views].sort(
      (a, b) => (places.get(accountKey(a.account)) ?? 0) - (places.get(accountKey(b.account)) ?? 0),
    );
  }
}

function fieldsOf(names: readonly string[], values: readonly (Buffer | null)[]): ReadonlyMap<string, Buffer> {
  return new Map(
    names.flatMap((name, index): [string, Buffer][] => {
      const value = values[index];
      return value === null || value === undefined ? [] : [[name, value]];
    }),
  );
}

function viewsOf(
  tenant: string,
  counters: ReadonlyMap<string, Buffer>,
  limits: ReadonlyMap<string, Buffer>,
): readonly AccountView[] {
  const windows = Map.groupBy(
    [...counters.keys()].filter((key) => WINDOW_KEY.test(key)),
    windowAccount,
  );
  const totals = [...counters.keys()].filter((key) => !WINDOW_KEY.test(key));
  return [...new Set([...totals, ...limits.keys(), ...windows.keys()])].map((name) => ({
    tenant,
    account: accountOfKey(name),
    ...counterOfRecord(counters.get(name)),
    limits: limitsOfRecord(limits.get(name)),
    windows: (windows.get(name) ?? []).flatMap((key): readonly WindowView[] => {
      const stored = windowOf(key);
      if (stored === undefined) return [];
      return [{ window: stored.window, start: stored.start, ...counterOfRecord(counters.get(key)) }];
    }),
  }));
}

/** The account of a window's counter; empty for a total's. */
function windowAccount(key: string): string {
  return WINDOW_KEY.test(key) ? key.slice(key.indexOf("|") + 1) : "";
}

function windowOf(key: string): StoredWindow | undefined {
  if (!WINDOW_KEY.test(key)) return undefined;
  const { instance, account } = counterOfKey(key);
  const named = instanceOfName(instance);
  return named === undefined ? undefined : { key, account, ...named };
}
