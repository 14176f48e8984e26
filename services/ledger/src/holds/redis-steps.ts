import { randomBytes } from "node:crypto";
import { type Redis, redisFailure } from "@sluice/platform/cache";
import { SluiceError } from "@sluice/platform/errors";
import { ANSWER_MS } from "./redis-batch.ts";
import type { HoldFence } from "./redis-fence.ts";
import type { RedisKeys } from "./redis-keys.ts";
import type { Script } from "./redis-scripts.ts";

export interface StepsOptions {
  readonly redis: Redis;
  readonly keys: RedisKeys;
  readonly fence: HoldFence;
  /** True for the one who rebuilds: a tenant's older epoch is replaced. */
  readonly renewing: boolean;
}

/** Clocks are known to this; a hold is placed only while whoever asked still waits. */
const CLOCK_MS = 200;

/** Tenants looked at in one probe; the next one goes on from there. */
const PROBE_MAX = 500;

/** One script call on the keys of one tenant. */
export interface Step {
  readonly script: Script;
  readonly tenant: string;
  /** Ids of the holds whose ended records it may touch. */
  readonly ids: readonly string[];
  /** Given as JSON. */
  readonly batch: unknown;
  readonly rest: readonly string[];
}

/** Raises a tenant's epoch; returns the one that is stored then. KEYS[1]: the fence; ARGV: epoch, 1 to begin anew. */
const OPEN = `
local stored = tonumber(redis.call('HGET', KEYS[1], 'epoch') or 0)
if stored < tonumber(ARGV[1]) or (ARGV[2] == '1' and stored ~= tonumber(ARGV[1])) then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
  return ARGV[1]
end
return string.format('%.0f', stored)
`;

/** Carries scripts and reads to Redis; none of them is believed unless the store is still the one that this process knows. */
export class RedisSteps {
  readonly #options: StepsOptions;
  readonly #writer = `w:${randomBytes(9).toString("base64url")}`;
  #epoch = "";
  /** Per tenant of the epoch how many steps of this process were stored at the last look. */
  readonly #stored = new Map<string, number>();
  #probed = 0;
  /** How far Redis's clock is ahead of this process's, in milliseconds. */
  #clockAhead: number | undefined;

  constructor(options: StepsOptions) {
    this.#options = options;
  }

  /** Runs a script; returns its replies, one per step of the batch. @throws unavailable when its effect is unknown, or the store is not valid */
  async run({ script, tenant, ids, batch, rest }: Step, epoch: string): Promise<readonly unknown[]> {
    await this.#open(tenant, epoch);
    const keys = this.#options.keys.ofScript(tenant, epoch, ids);
    const seen = String(this.#stored.get(tenant) ?? 0);
    const args = [...keys, epoch, this.#writer, seen, JSON.stringify(batch), ...rest];
    const reply = await this.#evaluate(script, keys.length, args);
    const [own, ...answers] = Array.isArray(reply) ? (reply as unknown[]) : [];
    if (typeof own !== "number") throw this.#fenced(tenant, epoch);
    this.#note(tenant, epoch, own);
    return answers;
  }

  /** Reads what a tenant has, in one go with the fence. */
  async read<T>(tenant: string, epoch: string, read: () => Promise<T>): Promise<T> {
    await this.#open(tenant, epoch);
    const { redis, keys } = this.#options;
    const seen = this.#stored.get(tenant) ?? 0;
    const [found, [stored, own]] = await reaching(() =>
      Promise.all([read(), redis.hmget(keys.fence(tenant), "epoch", this.#writer)]),
    );
    if (stored !== epoch || Number(own ?? 0) < seen) throw this.#fenced(tenant, epoch);
    return found;
  }

  /** Until when, by Redis's clock (ms), a hold may be placed that is asked for now; 0 if that clock is not known. */
  get deadline(): number {
    return this.#clockAhead === undefined ? 0 : Math.round(Date.now() + this.#clockAhead + ANSWER_MS - CLOCK_MS);
  }

  /** Tenants that have anything under the epoch. */
  async tenants(epoch: string): Promise<readonly string[]> {
    const { redis, keys } = this.#options;
    return await reaching(() => redis.smembers(keys.tenants(epoch)));
  }

  /** True if the store was completed under the epoch. */
  async isWhole(epoch: string): Promise<boolean> {
    const { redis, keys } = this.#options;
    return (await reaching(() => redis.get(keys.epoch))) === epoch;
  }

  /** Says that everything is there under the epoch; `undefined` that nothing is. */
  async markWhole(epoch: string | undefined): Promise<void> {
    const { redis, keys } = this.#options;
    await reaching(async () => await (epoch === undefined ? redis.del(keys.epoch) : redis.set(keys.epoch, epoch)));
  }

  /** Gives the tenants of earlier epochs the new one: whoever still believes in theirs is refused from now on. Returns them. */
  async takeOver(epoch: string, earlier: readonly string[]): Promise<readonly string[]> {
    const { redis, keys } = this.#options;
    const stored = await reaching(() => redis.get(keys.epoch));
    const epochs = new Set([...earlier, ...(stored === null ? [] : [stored])]);
    const tenants = new Set((await Promise.all([...epochs].map((each) => this.tenants(each)))).flat());
    for (const tenant of tenants) await this.#open(tenant, epoch);
    return [...tenants];
  }

  /** Removes what earlier epochs left behind; ended holds go by themselves. */
  async sweep(tenants: readonly string[], earlier: readonly string[]): Promise<void> {
    const { redis, keys } = this.#options;
    for (const epoch of earlier) {
      for (const tenant of tenants) {
        const [, ...names] = keys.ofScript(tenant, epoch, []);
        await reaching(() => redis.unlink(...names));
      }
      await reaching(() => redis.unlink(keys.tenants(epoch)));
    }
  }

  /** Looks whether what this process wrote last is still there. @throws unavailable when it is not */
  async probe(epoch: string): Promise<void> {
    if (epoch !== this.#epoch) return;
    await this.#readClock();
    const tenants = [...this.#stored.keys()];
    const some = tenants.slice(this.#probed, this.#probed + PROBE_MAX);
    this.#probed = this.#probed + PROBE_MAX < tenants.length ? this.#probed + PROBE_MAX : 0;
    await Promise.all(some.map((tenant) => this.read(tenant, epoch, async () => undefined)));
  }

  /** Makes sure that the tenant's fence says this epoch, once per tenant and epoch. */
  async #open(tenant: string, epoch: string): Promise<void> {
    if (this.#epoch !== epoch) {
      this.#epoch = epoch;
      this.#stored.clear();
    }
    if (this.#stored.has(tenant)) return;
    const { redis, keys, renewing, fence } = this.#options;
    const stored = await reaching(() => redis.eval(OPEN, 1, keys.fence(tenant), epoch, renewing ? "1" : "0"));
    await reaching(() => redis.sadd(keys.tenants(epoch), tenant));
    // A store that lost everything since would have let the tenant in as if it were new.
    const whole = renewing ? epoch : await reaching(() => redis.get(keys.epoch));
    if (stored !== epoch || whole !== epoch) {
      fence.doubt(epoch, `Redis says epoch ${whole ?? "none"}, tenant "${tenant}" ${String(stored)}`);
      throw rebuilding();
    }
    if (this.#clockAhead === undefined) await this.#readClock();
    this.#note(tenant, epoch, 0);
  }

  async #readClock(): Promise<void> {
    const before = Date.now();
    const [seconds = 0, microseconds = 0] = await reaching(() => this.#options.redis.time());
    this.#clockAhead = Number(seconds) * 1_000 + Number(microseconds) / 1_000 - (before + Date.now()) / 2;
  }

  #note(tenant: string, epoch: string, own: number): void {
    if (epoch === this.#epoch && own >= (this.#stored.get(tenant) ?? 0)) this.#stored.set(tenant, own);
  }

  #fenced(tenant: string, epoch: string): SluiceError {
    this.#options.fence.doubt(epoch, `Redis has lost steps of tenant "${tenant}" or is of another epoch`);
    return rebuilding();
  }

  async #evaluate({ text, digest }: Script, keys: number, args: readonly string[]): Promise<unknown> {
    const { redis } = this.#options;
    return await reaching(async () => {
      try {
        return await redis.evalsha(digest, keys, ...args);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
        return await redis.eval(text, keys, ...args);
      }
    });
  }
}

/** What callers are told while the store is not valid. */
export function rebuilding(): SluiceError {
  return new SluiceError("unavailable", "Balances are being rebuilt; try again.");
}

/** @throws unavailable when Redis cannot be reached or refuses the step: without a hold there is no call */
async function reaching<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw redisFailure(cause);
  }
}
