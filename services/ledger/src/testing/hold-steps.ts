import assert from "node:assert/strict";
import fc from "fast-check";
import { type AccountRef, accountKey } from "../accounts.ts";
import { type Amounts, NOTHING, UNITS, type UnitName } from "../amounts.ts";
import { reservedOf } from "../holds/slice.ts";
import type { Hold, HoldStore, HoldTerms, LimitName } from "../holds/types.ts";
import { instanceAt, type KnownTimeZones, WINDOWS } from "../holds/windows.ts";
import { NaiveHolds, shrunk } from "./naive-holds.ts";

/** What the steps need of a store, and what becomes of it in between. */
export interface HoldDriver {
  readonly store: () => HoldStore;
  /** Ends the store and opens it again on what it kept. */
  readonly reopen?: () => Promise<void>;
  /** Loses the store and opens an empty one. */
  readonly lose?: () => Promise<void>;
  readonly zones: KnownTimeZones;
}

const MINUTE_MS = 60_000;
const BEGINNING = Date.parse("2026-10-24T20:17:00Z");
const NEW_PRICE_FROM = BEGINNING + 20 * 60 * MINUTE_MS;
const PRICES = { "sim/m@1": 3n, "sim/m@2": 7n } as const;
const ACCOUNTS: readonly AccountRef[] = [
  { kind: "org", id: "acme" },
  { kind: "team", id: "core" },
  { kind: "key", id: "k1" },
];

const pick = fc.nat({ max: 1_000 });
const tokens = fc.bigInt(0n, 20n);
const limitName = fc.record({
  window: fc.constantFrom(...WINDOWS),
  unit: fc.constantFrom<UnitName>(...UNITS),
  soft: fc.boolean(),
});
const chain = fc.subarray([...ACCOUNTS], { minLength: 1 });
const size = fc.uniqueArray(fc.record({ unit: fc.constantFrom<UnitName>(...UNITS), value: fc.bigInt(1n, 150n) }), {
  selector: ({ unit }) => unit,
  minLength: 1,
  maxLength: 3,
});

/** One thing that happens to a hold store. */
export const holdStep = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("place" as const), chain, input: tokens, output: tokens }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("call" as const), pick, chain, input: tokens, output: tokens }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("slice" as const),
      chain,
      size,
      minutes: fc.integer({ min: 1, max: 4_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("again" as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("renew" as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("shrink" as const), pick, keep: fc.bigInt(0n, 150n) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("start" as const), pick }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("settle" as const),
      pick,
      input: tokens,
      output: tokens,
      rank: fc.constantFrom<1 | 2>(1, 2),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("void" as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("expire" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("limit" as const),
      name: limitName,
      account: fc.constantFrom(...ACCOUNTS),
      value: fc.option(fc.bigInt(0n, 300n), { nil: undefined }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("clock" as const), minutes: fc.integer({ min: 0, max: 1_700 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("zone" as const),
      zone: fc.constantFrom("UTC", "Europe/Berlin", "Asia/Kathmandu"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reopen" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lose" as const) }) },
);
export type HoldStep = typeof holdStep extends fc.Arbitrary<infer T> ? T : never;

/** Runs steps on a store and on the naive model beside it; throws where they differ. */
export class HoldRun {
  readonly #driver: HoldDriver;
  readonly #tenant: string;
  readonly #model = new NaiveHolds();
  /** Ended holds that a lost store has forgotten. */
  readonly #forgotten = new Set<string>();
  #now = BEGINNING;
  #count = 0;

  constructor(driver: HoldDriver, tenant: string) {
    this.#driver = driver;
    this.#tenant = tenant;
    driver.zones.set(tenant, "UTC");
  }

  async step(step: HoldStep): Promise<void> {
    const ended = [...this.#model.holds.values()].filter(({ state }) => state !== "live");
    await this.#do(step);
    for (const { id, state } of ended) {
      assert.notEqual(this.#model.holds.get(id)?.state, "live", `${id} was ${state} and lives again`);
    }
    await this.#compare();
  }

  async #do(step: HoldStep): Promise<void> {
    switch (step.do) {
      case "place":
        return await this.#place(this.#terms(step.chain, this.#price(step.input, step.output)));
      case "call":
        return await this.#call(step);
      case "slice":
        return await this.#slice(step);
      case "again":
        return await this.#again(this.#chosen(step.pick));
      case "limit":
        return await this.#limit(step);
      case "clock":
        this.#now += step.minutes * MINUTE_MS;
        return;
      case "zone":
        return await this.#zone(step.zone);
      case "reopen":
        return await this.#driver.reopen?.();
      case "lose":
        return await this.#lose();
      case "expire":
        return await this.#expire();
      default:
        return await this.#change(step);
    }
  }

  get #store(): HoldStore {
    return this.#driver.store();
  }

  async #place(terms: HoldTerms): Promise<void> {
    const expected = this.#model.place(terms);
    const { outcome, durable } = await this.#store.place(terms);
    await durable;
    assert.equal(outcome.kind, expected.kind, `placing ${terms.id}`);
    if (outcome.kind === "granted") assert.equal(outcome.softPassed.length, expected.soft, "soft limits passed");
  }

  async #call({ pick: which, chain: own, input, output }: Extract<HoldStep, { do: "call" }>): Promise<void> {
    const slices = [...this.#model.holds.values()].filter(({ size: of }) => of.length > 0);
    const slice = slices[which % Math.max(1, slices.length)];
    const sliceId = slice?.id ?? "none";
    const session: AccountRef = { kind: "session", id: sliceId };
    const terms = this.#terms(
      [session, ...(which % 3 === 0 ? own : (slice?.accounts ?? own))],
      this.#price(input, output),
    );
    await this.#place({ ...terms, sliceId });
  }

  async #slice({ chain: parents, size: of, minutes }: Extract<HoldStep, { do: "slice" }>): Promise<void> {
    const terms = this.#terms(parents, reservedOf(of));
    await this.#place({ ...terms, size: of, expiresAt: this.#now + minutes * MINUTE_MS });
  }

  async #again(hold: HoldTerms | undefined): Promise<void> {
    const known = hold && this.#model.holds.get(hold.id);
    if (known === undefined) return;
    const { outcome, durable } = await this.#store.place({ ...known, fingerprint: "same" });
    await durable;
    assert.equal(outcome.kind, known.state === "live" ? "granted" : "conflict", `placing ${known.id} again`);
  }

  async #change(step: Extract<HoldStep, { do: "renew" | "shrink" | "start" | "settle" | "void" }>): Promise<void> {
    const hold = this.#chosen(step.pick);
    if (hold === undefined || (hold.size.length > 0 && step.do !== "void")) return;
    const name = { tenant: this.#tenant, id: hold.id };
    const isLive = hold.state === "live";
    switch (step.do) {
      case "renew":
        await this.#store.renew(name, this.#now + 60 * MINUTE_MS);
        if (isLive) hold.expires = this.#now + 60 * MINUTE_MS;
        return;
      case "shrink":
        await this.#store.shrink(name, step.keep);
        if (isLive) hold.asked = shrunk(hold, step.keep);
        return;
      case "start":
        await this.#store.markStarted([name]);
        if (isLive) hold.started = true;
        return;
      case "void": {
        const done = await this.#store.void(name, this.#now);
        assert.equal(done, hold.state === "void" || (isLive && !hold.started));
        if (isLive && !hold.started) hold.state = "void";
        return;
      }
      case "settle":
        await this.#settle(hold.id, step.rank, step.input, step.output);
    }
  }

  /** By the version that the store remembers, which must be the one of the start. */
  async #settle(id: string, rank: 1 | 2, inputTokens: bigint, outputTokens: bigint): Promise<void> {
    const hold = this.#model.holds.get(id);
    const kept = (await this.#store.find([{ tenant: this.#tenant, id }])).get(id);
    assert.ok(hold !== undefined && kept !== undefined, `${id} is not known`);
    const charge = (version: string): Amounts => ({
      ...this.#cost(version, inputTokens + outputTokens),
      inputTokens,
      outputTokens,
    });
    const ending = rank === 1 ? "expired" : "settled";
    await this.#store.settle([
      { tenant: this.#tenant, id, total: charge(kept.priceVersion), rank, ending, at: this.#now },
    ]);
    this.#model.settle(hold, charge(versionAt(hold.startedAt)), rank, ending);
  }

  async #expire(): Promise<void> {
    const due = (await this.#store.expired(this.#now, 1_000)).filter(({ tenant }) => tenant === this.#tenant);
    const expected = [...this.#model.holds.values()].filter(
      (hold) => hold.state === "live" && hold.expires <= this.#now,
    );
    assert.deepEqual(due.map(({ id }) => id).sort(), expected.map(({ id }) => id).sort(), "holds that expired");
    for (const hold of due) await this.#end(hold);
  }

  async #end({ id, started, amounts }: Hold): Promise<void> {
    const hold = this.#model.holds.get(id);
    if (hold === undefined) return;
    if (!started) {
      assert.equal(await this.#store.void({ tenant: this.#tenant, id }, this.#now, this.#now), true);
      hold.state = "void";
      return;
    }
    const at = { tenant: this.#tenant, id, rank: 1, ending: "expired", at: this.#now } as const;
    await this.#store.settle([{ ...at, total: amounts }]);
    this.#model.settle(hold, hold.asked, 1, "expired");
  }

  async #limit({ account, name, value }: Extract<HoldStep, { do: "limit" }>): Promise<void> {
    this.#model.setLimit(account, name, value);
    await this.#setLimit(account, name, value);
  }

  async #setLimit(account: AccountRef, name: LimitName, limit: bigint | undefined): Promise<void> {
    const { start } = instanceAt(name.window, this.#model.zone, this.#now);
    const { spent } = this.#model.sums(account, name.window, this.#now);
    const opening = name.window === "total" || limit === undefined ? undefined : { start, spent };
    await this.#store.setLimits([{ ...name, tenant: this.#tenant, account, limit, opening }]);
  }

  async #zone(zone: string): Promise<void> {
    this.#model.zone = zone;
    this.#driver.zones.set(this.#tenant, zone);
    for (const { account, limit, ...name } of this.#model.limits.values()) await this.#setLimit(account, name, limit);
  }

  /** Everything in the store is gone, and comes back from the books and the holds that have not ended. */
  async #lose(): Promise<void> {
    const { lose } = this.#driver;
    if (lose === undefined) return;
    await lose();
    const live: Hold[] = [];
    for (const { state, asked, expires, ...hold } of this.#model.holds.values()) {
      if (state !== "live") this.#forgotten.add(hold.id);
      else live.push({ ...hold, state, amounts: asked, expiresAt: expires, counters: [], endedAt: 0, fingerprint: "" });
    }
    await this.#store.upkeep.restore(live);
    const spent = this.#accounts().map((account) => ({ account, spent: this.#model.sums(account).spent }));
    await this.#store.upkeep.setSpent(spent.map((row) => ({ ...row, tenant: this.#tenant })));
    for (const { account, limit, ...name } of this.#model.limits.values()) {
      await this.#store.setLimits([{ ...name, tenant: this.#tenant, account, limit }]);
    }
    await this.#store.upkeep.setWindows(this.#model.windowRows(this.#tenant, this.#now));
  }

  /** Every counter against the sum over all holds. */
  async #compare(): Promise<void> {
    const views = new Map((await this.#store.balances(this.#tenant)).map((view) => [accountKey(view.account), view]));
    for (const account of this.#accounts()) {
      const key = accountKey(account);
      const { spent, held, openHolds } = views.get(key) ?? NO_COUNTER;
      assert.deepEqual({ spent, held, openHolds }, this.#model.sums(account), `total of ${key}`);
    }
    for (const { account, window } of this.#model.limits.values()) {
      const { start } = instanceAt(window, this.#model.zone, this.#now);
      const key = accountKey(account);
      const found = views.get(key)?.windows.find((each) => each.window === window && each.start === start);
      const { spent, held, openHolds } = found ?? NO_COUNTER;
      if (window === "total") continue;
      assert.deepEqual({ spent, held, openHolds }, this.#model.sums(account, window, this.#now), `${window} of ${key}`);
    }
  }

  #accounts(): readonly AccountRef[] {
    const sessions = [...this.#model.holds.values()].filter(({ size: of }) => of.length > 0);
    return [...ACCOUNTS, ...sessions.map(({ id }): AccountRef => ({ kind: "session", id }))];
  }

  #chosen(which: number) {
    const known = [...this.#model.holds.values()].filter(({ id }) => !this.#forgotten.has(id));
    return known[which % Math.max(1, known.length)];
  }

  #terms(accounts: readonly AccountRef[], amounts: Amounts): HoldTerms {
    this.#count += 1;
    const at = { placedAt: this.#now, startedAt: this.#now, expiresAt: this.#now + 60 * MINUTE_MS };
    const about = { requestId: "r", provider: "sim", model: "m", priceId: "sim/m", priceVersion: versionAt(this.#now) };
    const rest = { fingerprint: "same", sliceId: "", size: [], task: "", tags: {} };
    return { id: `h${this.#count}`, tenant: this.#tenant, accounts, amounts, ...at, ...about, ...rest };
  }

  #price(inputTokens: bigint, outputTokens: bigint): Amounts {
    return { ...this.#cost(versionAt(this.#now), inputTokens + outputTokens), inputTokens, outputTokens };
  }

  #cost(version: string, count: bigint): Pick<Amounts, "nanousd"> {
    return { nanousd: (version === "sim/m@1" ? PRICES["sim/m@1"] : PRICES["sim/m@2"]) * count };
  }
}

const NO_COUNTER = { spent: NOTHING, held: NOTHING, openHolds: 0, windows: [] };

function versionAt(at: number): string {
  return at < NEW_PRICE_FROM ? "sim/m@1" : "sim/m@2";
}
