import { randomUUID } from "node:crypto";
import type { Bus } from "@sluice/platform/bus";
import { checkDurable, type Redis } from "@sluice/platform/cache";
import { SluiceError } from "@sluice/platform/errors";
import type { Logger } from "@sluice/platform/log";
import type { Metrics } from "@sluice/platform/metrics";
import type { LedgerDatabase } from "../store/database.ts";
import { type FenceRecord, FenceRecords } from "../store/hold-epochs.ts";
import { Fence } from "./fence.ts";
import { fenceMetrics } from "./fence-metrics.ts";
import { holdsOfText, type Reading, readingOf, textOfHolds } from "./open-holds.ts";
import { fixedEpoch } from "./redis-fence.ts";
import { RedisKeys } from "./redis-keys.ts";
import { RedisHoldStore } from "./redis-store.ts";
import type { HoldStore } from "./types.ts";
import type { TimeZones } from "./windows.ts";

export interface SharedStoreOptions {
  readonly redis: Redis;
  readonly database: LedgerDatabase;
  readonly bus: Bus;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly zones: TimeZones;
  /** How long ended holds are remembered, in milliseconds. */
  readonly rememberMs: number;
  /** True if Redis need not tell its settings. */
  readonly unchecked: boolean;
  readonly now: () => number;
  /** First part of every key; default `sluice`. */
  readonly prefix?: string;
}

/** Makes a hold store agree with the books; an empty one is filled, from the streams from `since` on. */
export type Recover = (store: HoldStore, since?: Reading) => Promise<void>;

/** How long a start waits for a valid store before it fails. */
const START_MS = 60_000;
const NOTE_MS = 60_000;

/** The hold store in Redis with the fence around it. */
export class SharedStore {
  readonly #options: SharedStoreOptions;
  readonly #keys: RedisKeys;
  readonly #records: FenceRecords;
  #notedAt = 0;
  readonly fence: Fence;
  readonly store: RedisHoldStore;

  constructor(options: SharedStoreOptions) {
    const { redis, database, bus, log, metrics, zones, rememberMs, now, prefix = "sluice" } = options;
    this.#options = options;
    this.#keys = new RedisKeys(prefix);
    this.#records = new FenceRecords(database);
    this.fence = new Fence({
      ...{ redis, bus, log, now },
      keys: this.#keys,
      records: this.#records,
      metrics: fenceMetrics(metrics),
      writer: randomUUID(),
    });
    this.store = new RedisHoldStore({ redis, prefix, rememberMs, zones, fence: this.fence });
  }

  /** Resolves when holds can be placed. @throws invalid_request for settings that lose data, unavailable when the store does not become valid */
  async start(recover: Recover): Promise<void> {
    await this.#check();
    const guarded = {
      probe: () => this.store.probe(),
      rebuild: (epoch: bigint, before: FenceRecord) => this.#rebuild(epoch, before, recover),
      keep: (record: FenceRecord) => this.#noteReading(record),
    };
    await this.fence.start(guarded, START_MS);
    await recover(this.store);
  }

  async stop(): Promise<void> {
    await this.fence.stop();
  }

  async #check(): Promise<void> {
    const { redis, unchecked, log } = this.#options;
    try {
      await checkDurable(redis);
    } catch (error) {
      const failure = SluiceError.from(error);
      // A setting that is known to lose holds stays one, whoever has looked.
      if (failure.code === "invalid_request") throw failure;
      if (!unchecked) {
        const remedy = "If it is known to keep every write, set ledger.redis_unchecked to true.";
        throw new SluiceError(failure.code, `${failure.message} ${remedy}`, { cause: error });
      }
      log.warn({ err: failure }, "settings of redis are not checked");
    }
  }

  /** Notes now and then from where on the streams have to be read, so that a rebuild never reads all there ever was. */
  async #noteReading({ epoch }: FenceRecord): Promise<void> {
    const { now } = this.#options;
    if (now() - this.#notedAt < NOTE_MS) return;
    this.#notedAt = now();
    const { fromMs, carried } = readingOf(await this.store.upkeep.live(), this.#notedAt);
    if (this.fence.epoch === epoch) await this.#records.noteReading(epoch, fromMs, textOfHolds(carried));
  }

  async #rebuild(epoch: bigint, before: FenceRecord, recover: Recover): Promise<void> {
    const { redis, zones, rememberMs, prefix = "sluice", log } = this.#options;
    const lost: string[] = [];
    const fence = fixedEpoch(String(epoch), (reason) => lost.push(reason));
    const store = new RedisHoldStore({ redis, prefix, rememberMs, zones, fence, renewing: true });
    const earlier = [String(before.epoch)];
    const tenants = await store.takeOver(earlier);
    await redis.del(this.#keys.epoch);
    await this.fence.quiet(epoch);
    await recover(store, { fromMs: before.readFrom, carried: holdsOfText(before.carried) });
    await store.probe();
    if (lost.length > 0) throw new SluiceError("unavailable", `Redis lost data again while it was filled: ${lost[0]}`);
    await store
      .sweep(tenants, earlier)
      .catch((err: unknown) => log.warn({ err }, "what was held before stays in redis"));
  }
}
