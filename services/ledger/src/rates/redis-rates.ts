import { createHash } from "node:crypto";
import { type Redis, redisFailure } from "@sluice/platform/cache";
import { type AccountRef, accountKey } from "../accounts.ts";
import type { Taken } from "./minute.ts";
import type { Correction, RateStore, Take, TakeOutcome } from "./types.ts";

/**
 * `minute.ts` in Lua. KEYS[1]: a hash of the tenant, per account the packed entries (second, requests, tokens as doubles). Numbers stay far
 * below 2^53: limits are bounded where they are set.
 */
const PRELUDE = `
local SECONDS, SIZE = 61, 24
local function entriesOf(packed, oldest)
  local entries = {}
  if packed then
    for at = 1, #packed, SIZE do
      local second, requests, tokens = struct.unpack('>ddd', packed, at)
      if second >= oldest then entries[#entries + 1] = {second, requests, tokens} end
    end
  end
  return entries
end
local function pack(entries)
  local parts = {}
  for i, e in ipairs(entries) do parts[i] = struct.pack('>ddd', e[1], e[2], e[3]) end
  return table.concat(parts)
end
local function text(entries)
  local parts = {}
  for i, e in ipairs(entries) do parts[i] = string.format('%.0f:%.0f:%.0f', e[1], e[2], e[3]) end
  return table.concat(parts, ',')
end
`;

/** ARGV: at, requests, tokens needed, then per account its name and two limits (-1: none). Returns 1 or 0 and the entries as text. */
const TAKE = `${PRELUDE}
local second = math.floor(tonumber(ARGV[1]) / 1000)
local needs = {tonumber(ARGV[2]), tonumber(ARGV[3])}
local names, limits = {}, {}
for i = 4, #ARGV, 3 do
  names[#names + 1] = ARGV[i]
  limits[#limits + 1] = {tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])}
end
local packed = redis.call('HMGET', KEYS[1], unpack(names))
local all, fits = {}, true
for i in ipairs(names) do
  local entries = entriesOf(packed[i], second - SECONDS + 1)
  all[i] = entries
  for f = 1, 2 do
    if limits[i][f] >= 0 and needs[f] > 0 then
      local sum = needs[f]
      for _, e in ipairs(entries) do sum = sum + e[f + 1] end
      if sum > limits[i][f] then fits = false end
    end
  end
end
local reply, fields = {fits and 1 or 0}, {}
for i, name in ipairs(names) do
  local entries = all[i]
  if fits then
    local last = entries[#entries]
    if last and last[1] >= second then
      last[2] = last[2] + needs[1]
      last[3] = last[3] + needs[2]
    else
      entries[#entries + 1] = {second, needs[1], needs[2]}
    end
  end
  reply[i + 1] = text(entries)
  fields[2 * i - 1] = name
  fields[2 * i] = pack(entries)
end
if fits then
  redis.call('HSET', KEYS[1], unpack(fields))
  redis.call('PEXPIRE', KEYS[1], 120000)
end
return reply
`;

/** ARGV: taken at, change of requests, change of tokens, names of accounts. */
const CORRECT = `${PRELUDE}
local second = math.floor(tonumber(ARGV[1]) / 1000)
for i = 4, #ARGV do
  local packed = redis.call('HGET', KEYS[1], ARGV[i])
  local entries = entriesOf(packed, 0)
  for _, e in ipairs(entries) do
    if e[1] >= second then
      e[2] = math.max(0, e[2] + tonumber(ARGV[2]))
      e[3] = math.max(0, e[3] + tonumber(ARGV[3]))
      redis.call('HSET', KEYS[1], ARGV[i], pack(entries))
      break
    end
  end
end
return 1
`;

const digestOf = (text: string): string => createHash("sha1").update(text).digest("hex");
const TAKE_DIGEST = digestOf(TAKE);
const CORRECT_DIGEST = digestOf(CORRECT);

/** The last minute of accounts that many processes share. The minute is not money: Redis may lose it, and it begins anew. */
export class RedisRates implements RateStore {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix = "sluice") {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  /** @throws unavailable when Redis cannot be reached */
  async take({ tenant, accounts, need, at }: Take): Promise<TakeOutcome> {
    const args = accounts.flatMap(({ account, limits }) => [
      accountKey(account),
      String(limits.requests ?? -1),
      String(limits.tokens ?? -1),
    ]);
    const script = { text: TAKE, digest: TAKE_DIGEST };
    const reply = await this.#run(script, tenant, [String(at), String(need.requests), String(need.tokens), ...args]);
    const [granted, ...texts] = Array.isArray(reply) ? (reply as unknown[]) : [];
    return { granted: granted === 1, entries: texts.map((each) => entriesOf(String(each))) };
  }

  /** @throws unavailable when Redis cannot be reached */
  async look(tenant: string, accounts: readonly AccountRef[]): Promise<readonly (readonly Taken[])[]> {
    try {
      const found = await this.#redis.hmgetBuffer(this.#keyOf(tenant), ...accounts.map(accountKey));
      return found.map((packed) => (packed === null ? [] : unpacked(packed)));
    } catch (error) {
      throw redisFailure(error);
    }
  }

  /** @throws unavailable when Redis cannot be reached */
  async correct(corrections: readonly Correction[]): Promise<void> {
    const script = { text: CORRECT, digest: CORRECT_DIGEST };
    await Promise.all(
      corrections.map(({ tenant, accounts, change, takenAt }) => {
        const args = [String(takenAt), String(change.requests), String(change.tokens), ...accounts.map(accountKey)];
        return this.#run(script, tenant, args);
      }),
    );
  }

  async #run(
    { text, digest }: { readonly text: string; readonly digest: string },
    tenant: string,
    args: readonly string[],
  ): Promise<unknown> {
    const key = this.#keyOf(tenant);
    try {
      return await this.#redis.evalsha(digest, 1, key, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw redisFailure(error);
    }
    try {
      return await this.#redis.eval(text, 1, key, ...args);
    } catch (error) {
      throw redisFailure(error);
    }
  }

  #keyOf(tenant: string): string {
    return `${this.#prefix}:{${tenant}}:rates`;
  }
}

/** Entries as the scripts pack them: three doubles each. */
function unpacked(packed: Buffer): readonly Taken[] {
  return Array.from({ length: packed.length / ENTRY_BYTES }, (_, index) => {
    const at = (field: number): number => packed.readDoubleBE(index * ENTRY_BYTES + field * 8);
    return { second: at(0), requests: at(1), tokens: at(2) };
  });
}

const ENTRY_BYTES = 24;

function entriesOf(text: string): readonly Taken[] {
  if (text === "") return [];
  return text.split(",").map((entry) => {
    const [second, requests, tokens] = entry.split(":").map(Number);
    return { second: second ?? 0, requests: requests ?? 0, tokens: tokens ?? 0 };
  });
}
