import { setTimeout as pause } from "node:timers/promises";
import type { Bus } from "@sluice/platform/bus";
import { isSameRedis, type Redis, type RedisIdentity, redisIdentity } from "@sluice/platform/cache";
import { SluiceError } from "@sluice/platform/errors";
import type { Logger } from "@sluice/platform/log";
import type { FenceRecord, FenceRecords } from "../store/hold-epochs.ts";
import type { FenceMetrics } from "./fence-metrics.ts";
import type { HoldFence } from "./redis-fence.ts";
import type { RedisKeys } from "./redis-keys.ts";

/** What fills a store anew under an epoch. The books stand still meanwhile. */
export type Rebuild = (epoch: bigint, before: FenceRecord) => Promise<void>;

export interface FenceOptions {
  readonly redis: Redis;
  readonly keys: RedisKeys;
  readonly records: FenceRecords;
  readonly bus: Pick<Bus, "health">;
  readonly log: Logger;
  readonly metrics: FenceMetrics;
  /** This process among those that write to the store. */
  readonly writer: string;
  readonly now: () => number;
}

/** What the fence needs of those it guards. */
export interface Guarded {
  /** Looks whether what this process wrote last is still there. @throws unavailable when it is not */
  probe(): Promise<void>;
  readonly rebuild: Rebuild;
  /** Called every second while the store is valid. */
  keep(record: FenceRecord): Promise<void>;
}

type State = { readonly kind: "open"; readonly epoch: string } | { readonly kind: "closed"; readonly reason: string };

/** How long steps that must not be lost wait for the store to be valid again. */
const WAIT_MS = 10_000;
const TICK_MS = 1_000;
const RETRY_MS = 100;
const LEASE_MS = 8_000;
const RENEW_LEASE_MS = 2_000;
/** How long a rebuild waits for granted holds to reach the stream before it begins again. */
const QUIET_MS = 15_000;
/** A process that has not said for so long that it lives places no holds. */
const SILENT_MS = 4_000;
const FORGET_MS = 24 * 3_600_000;

/**
 * Keeps holds from being placed on a Redis that is not the one the books know: another run, another history, an earlier state, or nothing at
 * all. The epoch in the books is the truth; a Redis is valid if it is the one they name and says the same epoch. Otherwise one process raises
 * the epoch, waits until no other places holds under an earlier one, fills the store from the books and every hold without an end, and opens.
 */
export class Fence implements HoldFence {
  readonly #options: FenceOptions;
  readonly #stopped = new AbortController();
  #state: State = { kind: "closed", reason: "The hold store has not been looked at yet." };
  #guarded: Guarded | undefined;
  #running: Promise<void> = Promise.resolve();
  #wake = Promise.withResolvers<void>();
  #opening = Promise.withResolvers<void>();
  /** The epoch in which something was missing. */
  #doubted = "";
  #rebuilds = 0;
  readonly #onClose = (): void => this.#close("Redis cannot be reached.");

  constructor(options: FenceOptions) {
    this.#options = options;
    // Before a connection that comes back carries anything, it is looked at.
    options.redis.on("close", this.#onClose);
  }

  /** Why no hold is admitted; empty while they are. */
  get closedReason(): string {
    return this.#state.kind === "open" ? "" : this.#state.reason;
  }

  get epoch(): bigint {
    return this.#state.kind === "open" ? BigInt(this.#state.epoch) : 0n;
  }

  /** Rebuilds by this process. */
  get rebuilds(): number {
    return this.#rebuilds;
  }

  /** Resolves when the store is valid. @throws unavailable when it is not within the time (milliseconds) */
  async start(guarded: Guarded, withinMs: number): Promise<void> {
    this.#guarded = guarded;
    this.#running = this.#watch();
    await this.#waitOpen(withinMs);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#wake.resolve();
    await this.#running;
    const { redis, records, writer, now, log } = this.#options;
    redis.off("close", this.#onClose);
    await records
      .forget(writer, now() - FORGET_MS)
      .catch((err: unknown) => log.debug({ err }, "the books keep the name of a process that has left"));
  }

  now(): string {
    if (this.#state.kind === "open") return this.#state.epoch;
    throw this.#closedError();
  }

  async opened(atLeast = 0n): Promise<string> {
    const until = Date.now() + WAIT_MS;
    for (;;) {
      if (this.#state.kind === "open" && BigInt(this.#state.epoch) >= atLeast) return this.#state.epoch;
      if (this.#state.kind === "open") this.#close("Balances have been rebuilt by another process.");
      await this.#waitOpen(until - Date.now());
    }
  }

  doubt(epoch: string, reason: string): void {
    if (this.#state.kind === "open" && this.#state.epoch !== epoch) return;
    this.#doubted = epoch;
    this.#close(`${reason}; balances are being rebuilt.`);
  }

  async #waitOpen(withinMs: number): Promise<void> {
    if (this.#state.kind === "open") return;
    const timer = AbortSignal.timeout(Math.max(1, withinMs));
    const { promise, reject } = Promise.withResolvers<never>();
    const late = (): void => reject(this.#closedError());
    timer.addEventListener("abort", late, { once: true });
    this.#stopped.signal.addEventListener("abort", late, { once: true });
    try {
      await Promise.race([this.#opening.promise, promise]);
    } finally {
      timer.removeEventListener("abort", late);
      this.#stopped.signal.removeEventListener("abort", late);
    }
  }

  #closedError(): SluiceError {
    const reason = this.closedReason;
    return new SluiceError("unavailable", `No hold is admitted: ${reason || "the ledger is stopping."} Try again.`);
  }

  #close(reason: string): void {
    if (this.#state.kind === "open") {
      this.#opening = Promise.withResolvers<void>();
      this.#options.log.warn({ reason }, "hold store closed");
    }
    this.#state = { kind: "closed", reason };
    this.#options.metrics.closed.set(1);
    this.#wake.resolve();
  }

  #open(epoch: bigint): void {
    this.#state = { kind: "open", epoch: String(epoch) };
    this.#options.metrics.closed.set(0);
    this.#options.metrics.epoch.set(Number(epoch));
    this.#options.log.info({ epoch: String(epoch) }, "hold store open");
    this.#opening.resolve();
  }

  async #watch(): Promise<void> {
    const { log } = this.#options;
    while (!this.#stopped.signal.aborted) {
      this.#wake = Promise.withResolvers<void>();
      try {
        if (this.#state.kind === "open") await this.#tick(this.#state.epoch);
        else await this.#settle();
      } catch (err) {
        const reason = SluiceError.from(err).message;
        if (this.#state.kind === "closed") this.#state = { kind: "closed", reason };
        log.debug({ err }, "hold store cannot be looked at");
      }
      const restMs = this.#state.kind === "open" ? TICK_MS : RETRY_MS;
      const rest = new AbortController();
      await Promise.race([
        this.#wake.promise,
        pause(restMs, undefined, { signal: rest.signal }).catch(() => undefined),
      ]);
      rest.abort();
      if (this.#state.kind === "closed") await pause(RETRY_MS / 10);
    }
  }

  /** Looks at an open store: is it still the one, has another process begun to rebuild it. */
  async #tick(epoch: string): Promise<void> {
    const { redis, records, writer, now } = this.#options;
    const record = await records.read();
    if (String(record.epoch) !== epoch || !record.isComplete) {
      this.#close("Balances are being rebuilt by another process.");
      return;
    }
    await records.report(writer, record.epoch, now());
    const identity = await redisIdentity(redis).catch((error: unknown) => {
      // Whoever asks meanwhile is told at once.
      this.#close(SluiceError.from(error).message);
      throw error;
    });
    if (!isSameRedis(identity, record.identity)) {
      this.#close("Redis is another one than before; balances are being rebuilt.");
      return;
    }
    await this.#guarded?.probe();
    if (this.#state.kind === "open") await this.#guarded?.keep(record);
  }

  /** Looks at a closed store: takes over what is valid, waits for another process, or rebuilds. */
  async #settle(): Promise<void> {
    const { redis, keys, records, writer, now } = this.#options;
    const identity = await redisIdentity(redis);
    const record = await records.read();
    const epoch = String(record.epoch);
    if (record.isComplete && this.#doubted !== epoch && isSameRedis(identity, record.identity)) {
      if ((await redis.get(keys.epoch)) === epoch) {
        await records.report(writer, record.epoch, now());
        this.#open(record.epoch);
        return;
      }
    }
    const isOthers = !record.isComplete && record.holder !== writer && record.heldUntil > now();
    if (!isOthers) {
      await this.#rebuild(record, identity);
      return;
    }
    this.#state = { kind: "closed", reason: "Balances are being rebuilt by another process." };
    if (this.#isFlushed()) await records.report(writer, record.epoch, now());
  }

  /** True if the stream has every hold this process has granted. */
  #isFlushed(): boolean {
    const { connected, outboxFacts } = this.#options.bus.health();
    return connected && outboxFacts === 0;
  }

  async #rebuild(before: FenceRecord, identity: RedisIdentity): Promise<void> {
    const { redis, keys, records, writer, now, log, metrics } = this.#options;
    const question = { epoch: before.epoch, holder: writer, now: now(), until: now() + LEASE_MS };
    const epoch = await records.begin(question);
    if (epoch === undefined) return;
    this.#state = { kind: "closed", reason: "Balances are being rebuilt." };
    const began = now();
    const lease = setInterval(() => {
      records.prolong(epoch, writer, now() + LEASE_MS).catch((err: unknown) => {
        log.warn({ err }, "rebuilding could not be announced for longer");
      });
    }, RENEW_LEASE_MS);
    try {
      await this.#guarded?.rebuild(epoch, before);
      if (!isSameRedis(await redisIdentity(redis), identity)) throw changedMeanwhile();
      await redis.set(keys.epoch, String(epoch));
      if (!(await records.complete(epoch, writer, identity))) throw changedMeanwhile();
    } finally {
      clearInterval(lease);
    }
    this.#rebuilds++;
    metrics.rebuilds.add();
    log.warn({ epoch: String(epoch), duration_ms: now() - began }, "balances rebuilt");
    this.#open(epoch);
  }

  /**
   * Resolves when every hold that was granted under an earlier epoch is in the stream: this process's own, and those of the others,
   * which say so once they have stopped. @throws unavailable when that takes too long
   */
  async quiet(epoch: bigint): Promise<void> {
    const { records, writer, now } = this.#options;
    const until = now() + QUIET_MS;
    while (!this.#isFlushed() || (await records.behind(epoch, now() - SILENT_MS)).length > 0) {
      if (this.#isFlushed()) await records.report(writer, epoch, now());
      if (now() > until)
        throw new SluiceError("unavailable", "Granted holds are not in the event stream yet; waiting for the bus.");
      await pause(RETRY_MS / 2, undefined, { signal: this.#stopped.signal });
    }
  }
}

function changedMeanwhile(): SluiceError {
  return new SluiceError("unavailable", "Redis changed while balances were rebuilt; beginning again.");
}
