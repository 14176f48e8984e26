import { type AccountRef, accountKey } from "../accounts.ts";
import { type Amounts, inUnit, minus, NOTHING, plus, sameAmounts, type UnitName } from "../amounts.ts";
import type { HoldTerms, LimitName, Rank, WindowSpentRow } from "../holds/types.ts";
import { type CalendarWindow, instanceAt, type WindowName } from "../holds/windows.ts";

/** A hold as the naive model keeps it. */
export interface NaiveHold extends HoldTerms {
  state: "live" | "settled" | "void" | "expired";
  /** What it was placed with and shrunk to; of a slice it is not looked at. */
  asked: Amounts;
  settled: Amounts;
  started: boolean;
  rank: Rank;
  expires: number;
}

interface NaiveLimit extends LimitName {
  readonly account: AccountRef;
  readonly limit: bigint;
}

/**
 * What the account machine must agree with, written without counters: every sum is added up from all holds each time somebody asks.
 */
export class NaiveHolds {
  readonly holds = new Map<string, NaiveHold>();
  readonly limits = new Map<string, NaiveLimit>();
  zone = "UTC";

  setLimit(account: AccountRef, name: LimitName, limit: bigint | undefined): void {
    const key = [accountKey(account), name.window, name.unit, name.soft].join(" ");
    if (limit === undefined) this.limits.delete(key);
    else this.limits.set(key, { ...name, account, limit });
  }

  /** What placing must answer; the hold is in the model afterwards only if it is granted. */
  place(terms: HoldTerms): { readonly kind: "granted" | "refused" | "session_ended"; readonly soft: number } {
    if (terms.sliceId !== "" && !this.#isOpen(terms)) return { kind: "session_ended", soft: 0 };
    const limits = this.#limitsOn(terms);
    const before = limits.map((limit) => this.#used(limit, terms.startedAt));
    this.#add(terms);
    const passed = limits.filter((limit, index) => {
      const after = this.#used(limit, terms.startedAt);
      const uses = limit.soft ? inUnit(terms.amounts, limit.unit) > 0n : after > (before[index] ?? 0n);
      return uses && after > limit.limit;
    });
    const refused = passed.some(({ soft }) => !soft);
    if (refused) this.holds.delete(terms.id);
    return { kind: refused ? "refused" : "granted", soft: refused ? 0 : passed.length };
  }

  settle(hold: NaiveHold, total: Amounts, rank: Rank, ending: "settled" | "expired"): void {
    if (rank < hold.rank) return;
    if (rank === hold.rank && hold.state !== "live" && sameAmounts(hold.settled, total)) return;
    Object.assign(hold, { settled: total, rank, state: ending });
  }

  /** Spent, held and holds of an account: in total, or in the instance of a window that a moment is in. */
  sums(account: AccountRef, window: WindowName = "total", at = 0) {
    const mine = this.#of(account, window, at);
    const live = mine.filter(({ state }) => state === "live");
    return {
      spent: mine.reduce((sum, hold) => plus(sum, hold.settled), NOTHING),
      held: live.reduce((sum, hold) => plus(sum, this.heldBy(hold)), NOTHING),
      openHolds: live.length,
    };
  }

  /** What the books would say of every limited window at a moment. */
  windowRows(tenant: string, at: number): readonly WindowSpentRow[] {
    return [...this.limits.values()].flatMap(({ account, window }) => {
      if (window === "total") return [];
      const { start } = instanceAt(window, this.zone, at);
      return [
        { tenant, account, window: window as CalendarWindow, start, spent: this.sums(account, window, at).spent },
      ];
    });
  }

  /** What a live hold holds: a slice what its session has neither spent nor holds. */
  heldBy(hold: NaiveHold): Amounts {
    if (hold.size.length === 0) return hold.asked;
    const { spent, held } = this.sums({ kind: "session", id: hold.id });
    const used = plus(spent, held);
    const rest = (unit: UnitName): bigint => {
      const left = (hold.size.find((each) => each.unit === unit)?.value ?? 0n) - inUnit(used, unit);
      return left > 0n ? left : 0n;
    };
    return { nanousd: rest("nanousd"), inputTokens: rest("input_tokens"), outputTokens: rest("output_tokens") };
  }

  #add(terms: HoldTerms): void {
    const open = { state: "live", settled: NOTHING, started: false, rank: 0 } as const;
    this.holds.set(terms.id, { ...terms, ...open, asked: terms.amounts, expires: terms.expiresAt });
  }

  #isOpen({ sliceId, placedAt }: HoldTerms): boolean {
    const slice = this.holds.get(sliceId);
    return slice !== undefined && slice.size.length > 0 && slice.state === "live" && slice.expires > placedAt;
  }

  #limitsOn({ accounts }: HoldTerms): readonly NaiveLimit[] {
    const keys = new Set(accounts.map(accountKey));
    const slices = [...this.holds.values()].filter(({ state, size }) => state === "live" && size.length > 0);
    const own = slices.flatMap(({ id, size }) =>
      size.map(({ unit, value }): NaiveLimit => {
        return { account: { kind: "session", id }, window: "total", unit, soft: false, limit: value };
      }),
    );
    return [...this.limits.values(), ...own].filter(({ account }) => keys.has(accountKey(account)));
  }

  #used({ account, window, unit }: NaiveLimit, at: number): bigint {
    const { spent, held } = this.sums(account, window, at);
    return inUnit(spent, unit) + inUnit(held, unit);
  }

  #of(account: AccountRef, window: WindowName, at: number): readonly NaiveHold[] {
    const key = accountKey(account);
    const { start } = instanceAt(window, this.zone, at);
    return [...this.holds.values()].filter(
      ({ accounts, startedAt }) =>
        accounts.some((each) => accountKey(each) === key) && instanceAt(window, this.zone, startedAt).start === start,
    );
  }
}

/** What a live hold keeps when its money is lowered. */
export function shrunk(hold: NaiveHold, keep: bigint): Amounts {
  return keep >= hold.asked.nanousd
    ? hold.asked
    : minus(hold.asked, { ...NOTHING, nanousd: hold.asked.nanousd - keep });
}
