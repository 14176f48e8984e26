import { TOKEN_CLASSES, type TokenClass, type Tokens } from "./bill-row.ts";
import { nearestNano } from "./figures.ts";
import type { ModelNames } from "./model-names.ts";
import type { Billed } from "./tally.ts";

/** The ledger's model of what a bill says of no single one. */
export const NO_MODEL = "unattributed";

/** What the ledger has of one model on one UTC day. */
export interface Booked {
  readonly provider: string;
  readonly day: string;
  readonly model: string;
  readonly attempts: bigint;
  readonly tokens: Tokens;
  readonly nanousd: bigint;
  /** Reconciliation entries among them. */
  readonly adjustments: bigint;
}

/** One token class of a comparison. */
export interface ClassPair {
  readonly name: TokenClass;
  readonly billed: bigint;
  readonly booked: bigint;
}

/** One model on one day, by the provider's file and by the ledger. */
export interface Pair {
  readonly provider: string;
  readonly day: string;
  /** The ledger's name; the provider's where the ledger has none; empty for what is of no single model. */
  readonly model: string;
  /** The provider's names. */
  readonly billedAs: readonly string[];
  readonly attempts: bigint;
  /** Reconciliation entries in the ledger. */
  readonly adjustments: bigint;
  /** Token classes; empty if the file tells amounts alone. */
  readonly classes: readonly ClassPair[];
  /** What the provider bills; undefined if the file tells tokens alone. */
  readonly billedNano: bigint | undefined;
  readonly bookedNano: bigint;
}

/** Where the tokens of a class go that a file does not tell apart. */
const FOLDED: Readonly<Partial<Record<TokenClass, TokenClass>>> = {
  cache_write_1h_tokens: "cache_write_5m_tokens",
  cache_write_5m_tokens: "input_tokens",
  cached_input_tokens: "input_tokens",
  input_audio_tokens: "input_tokens",
  input_image_tokens: "input_tokens",
  output_audio_tokens: "output_tokens",
  output_image_tokens: "output_tokens",
};

interface Sum {
  readonly provider: string;
  readonly day: string;
  readonly model: string;
  readonly billedAs: Set<string>;
  readonly billed: Map<TokenClass, bigint>;
  readonly booked: Map<TokenClass, bigint>;
  attempts: bigint;
  adjustments: bigint;
  atto: bigint | undefined;
  bookedNano: bigint;
}

/** What is compared: a file's sums, the ledger's, and how the file names things. */
export interface Sides {
  readonly billed: readonly Billed[];
  readonly booked: readonly Booked[];
  /** Token classes the file tells apart. */
  readonly classes: ReadonlySet<TokenClass>;
  readonly names: ModelNames;
}

/** Pairs what the provider billed with what the ledger has, by day and model, in the order of both. */
export function compare({ billed, booked, classes, names }: Sides): readonly Pair[] {
  const whole = daysInOneSum(billed);
  const sums = new Map<string, Sum>();
  for (const row of billed) {
    const sum = sumOf(sums, row.provider, row.day, row.model === "" ? "" : names.find(row.model));
    if (row.model !== "") sum.billedAs.add(row.model);
    if (row.atto !== undefined) sum.atto = (sum.atto ?? 0n) + row.atto;
    addTokens(sum.billed, row.tokens, classes);
  }
  for (const row of booked) {
    const sum = sumOf(sums, row.provider, row.day, whole.has(dayName(row)) ? "" : named(row.model));
    sum.attempts += row.attempts;
    sum.adjustments += row.adjustments;
    sum.bookedNano += row.nanousd;
    addTokens(sum.booked, row.tokens, classes);
  }
  const money = billed.some(({ atto }) => atto !== undefined);
  return [...sums.values()].sort(inOrder).map((sum) => pairOf(sum, classes, money));
}

/** Days of which the file names no model: they are compared as a whole. */
function daysInOneSum(billed: readonly Billed[]): ReadonlySet<string> {
  const named = new Set(billed.filter(({ model }) => model !== "").map(dayName));
  return new Set(billed.map(dayName).filter((name) => !named.has(name)));
}

const named = (model: string): string => (model === NO_MODEL ? "" : model);
const dayName = ({ provider, day }: { provider: string; day: string }): string => `${provider} ${day}`;

function sumOf(sums: Map<string, Sum>, provider: string, day: string, model: string): Sum {
  const name = JSON.stringify([provider, day, model]);
  let sum = sums.get(name);
  if (sum === undefined) {
    const maps = { billedAs: new Set<string>(), billed: new Map(), booked: new Map() };
    sum = { provider, day, model, ...maps, attempts: 0n, adjustments: 0n, atto: undefined, bookedNano: 0n };
    sums.set(name, sum);
  }
  return sum;
}

function addTokens(into: Map<TokenClass, bigint>, tokens: Tokens, classes: ReadonlySet<TokenClass>): void {
  for (const [name, count] of tokens) {
    const place = placeOf(name, classes);
    into.set(place, (into.get(place) ?? 0n) + count);
  }
}

function placeOf(name: TokenClass, classes: ReadonlySet<TokenClass>): TokenClass {
  let place = name;
  for (let next = FOLDED[place]; !classes.has(place) && next !== undefined; next = FOLDED[place]) place = next;
  return place;
}

function inOrder(a: Sum, b: Sum): number {
  const [left, right] = [a, b].map(({ provider, day, model }) => [day, provider, model].join("\n"));
  return (left ?? "") < (right ?? "") ? -1 : 1;
}

function pairOf(sum: Sum, classes: ReadonlySet<TokenClass>, money: boolean): Pair {
  const { provider, day, model, attempts, adjustments, bookedNano } = sum;
  const names = classes.size === 0 ? [] : TOKEN_CLASSES.filter((name) => sum.billed.has(name) || sum.booked.has(name));
  return {
    provider,
    day,
    model,
    billedAs: [...sum.billedAs].sort(),
    attempts,
    adjustments,
    classes: names.map((name) => ({ name, billed: sum.billed.get(name) ?? 0n, booked: sum.booked.get(name) ?? 0n })),
    billedNano: money ? nearestNano(sum.atto ?? 0n) : undefined,
    bookedNano,
  };
}
