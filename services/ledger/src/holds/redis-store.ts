import type { Redis } from "@sluice/platform/cache";
import { SluiceError } from "@sluice/platform/errors";
import type { AccountRef } from "../accounts.ts";
import { NOTHING } from "../amounts.ts";
import { ofLimbs } from "./limbs.ts";
import { repeatOf } from "./machine.ts";
import { BATCH_MAX, Batches } from "./redis-batch.ts";
import {
  type Change,
  encodeChanges,
  encodeLimits,
  encodePlacings,
  forgetAccountsStep,
  forgetStep,
  idOf,
  openingStep,
  spentStep,
} from "./redis-encode.ts";
import { fixedEpoch, type HoldFence } from "./redis-fence.ts";
import { RedisKeys } from "./redis-keys.ts";
import { RedisReader } from "./redis-reader.ts";
import { standingOfRow } from "./redis-record.ts";
import { SCRIPTS } from "./redis-scripts.ts";
import { RedisSteps, rebuilding } from "./redis-steps.ts";
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
} from "./types.ts";
import { KnownTimeZones, latestEnd, type TimeZones } from "./windows.ts";

const DURABLE = Promise.resolve();

export interface RedisStoreOptions {
  readonly redis: Redis;
  /** First part of every key; default `sluice`. */
  readonly prefix?: string;
  /** How long ended holds are remembered, in milliseconds. */
  readonly rememberMs: number;
  /** Where tenants are; default UTC for all. */
  readonly zones?: TimeZones;
  /** Default: an epoch that nobody looks after. */
  readonly fence?: HoldFence;
  /** True for the one who rebuilds the store under a new epoch; default false with a fence. */
  readonly renewing?: boolean;
}

/**
 * Holds shared by many processes. What one tenant asks for in one turn is one script on the keys of that tenant; an answered step is durable if
 * Redis is. Every script and every read compares the epoch: placing is refused while the store is not valid, all else waits.
 */
export class RedisHoldStore implements HoldStore {
  readonly #options: RedisStoreOptions;
  readonly #zones: TimeZones;
  readonly #fence: HoldFence;
  readonly #steps: RedisSteps;
  readonly #reader: RedisReader;
  readonly #placings = new Batches((tenant, terms: readonly HoldTerms[]) => this.#place(tenant, terms, false));
  readonly #changes = new Batches((tenant, changes: readonly Change[]) => this.#change(tenant, changes));

  constructor(options: RedisStoreOptions) {
    const { redis, fence = fixedEpoch("1"), renewing = options.fence === undefined, prefix = "sluice" } = options;
    this.#fence = fence;
    const keys = new RedisKeys(prefix);
    this.#options = options;
    this.#zones = options.zones ?? new KnownTimeZones();
    this.#steps = new RedisSteps({ redis, keys, fence, renewing });
    this.#reader = new RedisReader({ redis, keys, steps: this.#steps });
  }

  async place(terms: HoldTerms): Promise<Placement> {
    const epoch = this.#fence.now();
    const confirm = (): void => {
      if (this.#fence.now() !== epoch) throw rebuilding();
    };
    // A slice sets limits, which other holds of the same batch would not see.
    const reply = isSlice(terms)
      ? (await this.#place(terms.tenant, [terms], false))[0]
      : await this.#placings.ask(terms.tenant, terms);
    return { outcome: await this.#outcomeOf(terms, reply), durable: DURABLE, confirm };
  }

  async find(names: readonly HoldName[]): Promise<ReadonlyMap<string, Hold>> {
    const epoch = await this.#fence.opened();
    const found = await Promise.all(
      [...byTenant(names)].map(([tenant, each]) =>
        this.#reader.find(
          tenant,
          epoch,
          each.map(({ id }) => id),
        ),
      ),
    );
    return new Map(found.flat().map((hold) => [hold.id, hold]));
  }

  async renew({ tenant, id }: HoldName, expiresAt: number): Promise<number | undefined> {
    return (await this.#changes.ask(tenant, { kind: "renew", id, expiresAt })) === 1 ? expiresAt : undefined;
  }

  async shrink({ tenant, id }: HoldName, keepNanousd: bigint): Promise<bigint | undefined> {
    const reply = await this.#changes.ask(tenant, { kind: "shrink", id, keepNanousd });
    return Array.isArray(reply) ? ofLimbs(Number(reply[0]), Number(reply[1])) : undefined;
  }

  async markStarted(names: readonly HoldName[]): Promise<void> {
    await Promise.all(names.map(({ tenant, id }) => this.#changes.ask(tenant, { kind: "start", id })));
  }

  async settle(settlements: readonly Settlement[]): Promise<void> {
    // The windows are those of the attempt's start in the zone of today, which scripts do not know.
    const unsaid = settlements.filter(({ startedAt }) => startedAt === undefined);
    const known = unsaid.length === 0 ? undefined : await this.find(unsaid);
    await Promise.all(
      settlements.map((each) => {
        const startedAt = each.startedAt ?? known?.get(each.id)?.startedAt;
        return this.#changes.ask(each.tenant, { kind: "settle", settlement: { ...each, startedAt } });
      }),
    );
  }

  async void({ tenant, id }: HoldName, at: number, expiredAt?: number): Promise<boolean> {
    return (await this.#changes.ask(tenant, { kind: "void", id, at, expiredAt })) === 1;
  }

  async expired(at: number, most: number): Promise<readonly Hold[]> {
    const epoch = await this.#fence.opened();
    const tenants = await this.#steps.tenants(epoch);
    const holds = await Promise.all(tenants.map((tenant) => this.#reader.expired({ tenant, epoch, at, most })));
    return holds
      .flat()
      .sort((a, b) => a.expiresAt - b.expiresAt)
      .slice(0, most);
  }

  async balances(tenant?: string, accounts?: readonly AccountRef[]): Promise<readonly AccountView[]> {
    const epoch = await this.#fence.opened();
    if (tenant !== undefined) return await this.#reader.balances(tenant, epoch, accounts);
    const tenants = await this.#steps.tenants(epoch);
    return (await Promise.all(tenants.map((each) => this.#reader.balances(each, epoch, undefined)))).flat();
  }

  async setLimits(changes: readonly LimitChange[]): Promise<void> {
    await Promise.all(
      [...byTenant(changes)].map(([tenant, each]) => this.#set(tenant, encodeLimits(each, this.#zones))),
    );
  }

  async openHolds(): Promise<number> {
    const epoch = await this.#fence.opened();
    const tenants = await this.#steps.tenants(epoch);
    const counts = await Promise.all(tenants.map((tenant) => this.#reader.liveCount(tenant, epoch)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  readonly upkeep: HoldUpkeep = {
    isComplete: async () => await this.#steps.isWhole(this.#fence.now()),
    markComplete: async () => await this.#steps.markWhole(this.#fence.now()),
    live: async () => {
      const epoch = await this.#fence.opened();
      const tenants = await this.#steps.tenants(epoch);
      return (await Promise.all(tenants.map((tenant) => this.#reader.live(tenant, epoch)))).flat();
    },
    restore: async (holds) => {
      const [slices, calls] = [holds.filter(isSlice), holds.filter((hold) => !isSlice(hold))];
      // What a call takes from its slice is taken when the slice is there.
      for (const slice of slices) await this.#place(slice.tenant, [slice], true);
      for (const [tenant, each] of byTenant(calls)) {
        for (let first = 0; first < each.length; first += BATCH_MAX) {
          await this.#place(tenant, each.slice(first, first + BATCH_MAX), true);
        }
      }
    },
    setSpent: async (rows) => {
      for (const [tenant, each] of byTenant(rows)) await this.#set(tenant, each.map(spentStep));
    },
    setWindows: async (rows) => {
      const zones = this.#zones;
      for (const [tenant, each] of byTenant(rows)) {
        const steps = each.map((row) => openingStep(row, zones));
        await this.#set(tenant, steps);
      }
    },
    forgetCounters: async (before) => {
      const epoch = await this.#fence.opened();
      for (const tenant of await this.#steps.tenants(epoch)) {
        const windows = await this.#reader.windows(tenant, epoch);
        const over = windows.filter(({ window, start }) => latestEnd(window, start) < before).map(({ key }) => key);
        if (over.length > 0) await this.#set(tenant, [forgetStep(over)]);
      }
    },
    // Redis forgets by itself: an ended hold's key has a time to live.
    forget: async () => undefined,
    forgetAccounts: async (accounts) => {
      for (const [tenant, each] of byTenant(accounts)) await this.#set(tenant, [forgetAccountsStep(each)]);
    },
  };

  /** Looks whether what this process wrote last is still there; the fence hears of it if not. */
  async probe(): Promise<void> {
    await this.#steps.probe(this.#fence.now());
  }

  /** For the one who rebuilds: takes the tenants of earlier epochs over, so that nobody can place holds under those any more. */
  async takeOver(earlier: readonly string[]): Promise<readonly string[]> {
    return await this.#steps.takeOver(this.#fence.now(), earlier);
  }

  /** For the one who rebuilds: removes what earlier epochs left behind. */
  async sweep(tenants: readonly string[], earlier: readonly string[]): Promise<void> {
    await this.#steps.sweep(tenants, earlier);
  }

  /** The connection belongs to the process. */
  async close(): Promise<void> {
    await DURABLE;
  }

  async #place(tenant: string, terms: readonly HoldTerms[], force: boolean): Promise<readonly unknown[]> {
    const epoch = this.#fence.now();
    const { batch, rest } = encodePlacings(terms, this.#zones, { force, deadline: force ? 0 : this.#steps.deadline });
    const ids = terms.map(({ id }) => id);
    return await this.#steps.run({ script: SCRIPTS.place, tenant, ids, batch, rest }, epoch);
  }

  async #change(tenant: string, changes: readonly Change[]): Promise<readonly unknown[]> {
    const epoch = await this.#fence.opened(bookedUnderOf(changes));
    // What was booked before the store was rebuilt is in the balances it was rebuilt from, and its hold has ended there.
    const open = changes.filter((change) => !isBookedBefore(change, BigInt(epoch)));
    const { batch, rest } = encodeChanges(open, this.#zones, this.#options.rememberMs);
    const step = { script: SCRIPTS.change, tenant, ids: open.map(idOf), batch, rest };
    const answers = (open.length === 0 ? [] : await this.#steps.run(step, epoch)).values();
    return changes.map((change) => (isBookedBefore(change, BigInt(epoch)) ? 0 : answers.next().value));
  }

  async #set(tenant: string, batch: readonly unknown[]): Promise<void> {
    const epoch = await this.#fence.opened();
    for (let first = 0; first < batch.length; first += SETTINGS_MAX) {
      const part = batch.slice(first, first + SETTINGS_MAX);
      await this.#steps.run({ script: SCRIPTS.settings, tenant, ids: [], batch: part, rest: [] }, epoch);
    }
  }

  async #outcomeOf(terms: HoldTerms, reply: unknown): Promise<PlaceOutcome> {
    const zones = this.#zones;
    const [kind, first, second] = Array.isArray(reply) ? (reply as unknown[]) : [reply];
    const standings = (rows: unknown, soft: boolean) =>
      (Array.isArray(rows) ? rows : []).map((row: readonly unknown[]) =>
        standingOfRow(row, soft, terms.startedAt, zones.zoneOf(terms.tenant)),
      );
    if (kind === 1) {
      const counters = typeof first === "string" && first !== "" ? (JSON.parse(first) as string[]) : [];
      const hold: Hold = { ...terms, state: "live", counters, started: false, settled: NOTHING, rank: 0, endedAt: 0 };
      return { kind: "granted", hold, repeated: false, softPassed: standings(second, true) };
    }
    if (kind === 2) return { kind: "refused", shortfalls: standings(first, false) };
    if (kind === 3) return { kind: "session_ended" };
    if (kind === 4) throw new SluiceError("unavailable", "Redis got to the hold too late; try again.");
    const known = (await this.find([terms])).get(terms.id);
    if (known === undefined) throw new SluiceError("unavailable", "The hold ended while it was asked for; try again.");
    return repeatOf(known, terms);
  }
}

/** The latest epoch under which any of the changes was booked: an earlier store must not get it. */
function bookedUnderOf(changes: readonly Change[]): bigint {
  return changes.reduce((latest, change) => {
    const under = change.kind === "settle" ? (change.settlement.bookedUnder ?? 0n) : 0n;
    return under > latest ? under : latest;
  }, 0n);
}

function isBookedBefore(change: Change, epoch: bigint): boolean {
  const under = change.kind === "settle" ? change.settlement.bookedUnder : undefined;
  return under !== undefined && under < epoch;
}

/** Settings one script takes. */
const SETTINGS_MAX = 512;

function isSlice({ size }: HoldTerms): boolean {
  return size.length > 0;
}

function byTenant<T extends { readonly tenant: string }>(items: readonly T[]): ReadonlyMap<string, readonly T[]> {
  return Map.groupBy(items, ({ tenant }) => tenant);
}
