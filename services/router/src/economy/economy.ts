import { type Account, AccountKind, type CallContext } from "@sluice/proto/common/v1/call_context";
import type { AccountBalance } from "@sluice/proto/ledger/v1/ledger_service";
import type { ResolvedCandidate } from "../catalog/resolve-model.ts";
import type { EconomyRule } from "../config-economy.ts";
import { matcherOf } from "../plan/match-route.ts";
import type { Balances } from "./balances.ts";
import type { ListPrice, ListPrices } from "./list-prices.ts";

/** A rule that holds for a request right now, and why. */
interface Active {
  readonly rule: Compiled;
  readonly reason: string;
}

interface Compiled {
  readonly rule: EconomyRule;
  readonly matches: (name: string) => boolean;
}

/** Says of a candidate why it may not be asked, undefined if it may. */
export type Thrift = (candidate: ResolvedCandidate) => string | undefined;

const NANOUSD = 1_000_000_000;

/** The rules of `router.economy`: where a budget is nearly used up, only cheaper models are asked. */
export class Economy {
  readonly #rules: readonly Compiled[];
  readonly #balances: Pick<Balances, "of">;
  readonly #prices: Pick<ListPrices, "of">;

  constructor(
    rules: readonly EconomyRule[],
    reading: { readonly balances: Pick<Balances, "of">; readonly prices: Pick<ListPrices, "of"> },
  ) {
    this.#rules = rules.map((rule) => ({ rule, matches: anyOf(rule.models) }));
    this.#balances = reading.balances;
    this.#prices = reading.prices;
  }

  /** What forbids candidates for this caller right now; undefined if nothing does. Costs nothing without rules. */
  async thriftFor(context: CallContext, candidates: () => readonly ResolvedCandidate[]): Promise<Thrift | undefined> {
    if (this.#rules.length === 0) return undefined;
    const active = await this.#active(context);
    if (active.length === 0) return undefined;
    const needed = active.some(({ rule }) => rule.rule.cheaper_than !== undefined);
    const prices = needed ? await this.#pricesOf(candidates()) : new Map<string, ListPrice | undefined>();
    return (candidate) => {
      for (const { rule, reason } of active) {
        if (!allows(rule, candidate, prices.get(candidate.entry.priceId))) return reason;
      }
      return undefined;
    };
  }

  async #active(context: CallContext): Promise<readonly Active[]> {
    const found = await Promise.all(
      this.#rules.map(async (compiled): Promise<Active | undefined> => {
        const account = accountOf(context, compiled.rule.account);
        if (account === undefined) return undefined;
        const balances = await this.#balances.of(context.tenantId, account);
        const used = fullest(balances, compiled.rule.window);
        const { window, used_percent: least } = compiled.rule;
        if (used === undefined || used < least) return undefined;
        const budget = window === "total" ? "budget" : `budget of this ${window}`;
        const reason = `the ${budget} of ${compiled.rule.account} "${account.id}" is ${used} % used: from ${least} % on only cheaper models`;
        return { rule: compiled, reason };
      }),
    );
    return found.filter((each) => each !== undefined);
  }

  async #pricesOf(candidates: readonly ResolvedCandidate[]): Promise<ReadonlyMap<string, ListPrice | undefined>> {
    const ids = [...new Set(candidates.map(({ entry }) => entry.priceId))];
    return new Map(await Promise.all(ids.map(async (id) => [id, await this.#prices.of(id)] as const)));
  }
}

/** Whole percent used of the fullest limit in a window; undefined without one. */
function fullest(balances: readonly AccountBalance[], window: string): number | undefined {
  const shares = balances
    .filter((balance) => balance.window === window && balance.limit !== undefined)
    .map(({ limit = 0n, spent, held }) => (limit === 0n ? 100 : Number(((spent + held) * 100n) / limit)));
  return shares.length === 0 ? undefined : Math.max(...shares);
}

function allows({ rule, matches }: Compiled, candidate: ResolvedCandidate, price: ListPrice | undefined): boolean {
  if (rule.models !== undefined && !matches(`${candidate.provider}/${candidate.model}`)) return false;
  const bound = rule.cheaper_than;
  if (bound === undefined) return true;
  if (price === undefined) return false;
  const { input_usd_per_million: input, output_usd_per_million: output } = bound;
  if (input !== undefined && price.input > BigInt(Math.round(input * NANOUSD))) return false;
  return output === undefined || price.output <= BigInt(Math.round(output * NANOUSD));
}

function accountOf(context: CallContext, kind: EconomyRule["account"]): Account | undefined {
  const [of, id] = {
    org: [AccountKind.ACCOUNT_KIND_ORG, context.tenantId] as const,
    team: [AccountKind.ACCOUNT_KIND_TEAM, context.teamId] as const,
    user: [AccountKind.ACCOUNT_KIND_USER, context.userId] as const,
    key: [AccountKind.ACCOUNT_KIND_KEY, context.keyId] as const,
    session: [AccountKind.ACCOUNT_KIND_SESSION, context.sessionId] as const,
  }[kind];
  return id === "" ? undefined : { kind: of, id };
}

function anyOf(patterns: readonly string[] | undefined): (name: string) => boolean {
  const matchers = (patterns ?? []).map(matcherOf);
  return (name) => matchers.some((matches) => matches(name));
}
