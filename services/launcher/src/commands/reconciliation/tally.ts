import { SluiceError } from "@sluice/platform/errors";
import type { BillRow, TokenClass } from "./bill-row.ts";

/** What a provider's file says of one model on one day. */
export interface Billed {
  readonly day: string;
  readonly provider: string;
  /** In the provider's words; empty for what it says of no single model. */
  readonly model: string;
  readonly tokens: Map<TokenClass, bigint>;
  hasTokens: boolean;
  /** Sum of its amounts in 10^-18 USD; undefined if it told none. */
  atto: bigint | undefined;
}

/** Most groups of day and model: a year of a thousand models. */
const GROUPS_MAX = 500_000;

/** A period of days, the last one included. */
export interface Days {
  readonly first: string;
  readonly last: string;
}

/** Sums the rows of a file by provider, day and model. */
export class Tally {
  rows = 0;
  /** Rows that are another provider's. */
  foreign = 0;
  /** Token classes the file tells apart. */
  readonly classes = new Set<TokenClass>();
  /** Days the file speaks of, also if it has nothing on them. */
  readonly days = new Set<string>();
  readonly #only: Partial<Days>;
  readonly #provider: string;
  readonly #groups = new Map<string, Billed>();

  /** `provider` is whose rows are taken, and whose those are that name nobody; empty takes all, and all have to name theirs. */
  constructor(provider: string, only: Partial<Days>) {
    this.#provider = provider;
    this.#only = only;
  }

  /** @throws invalid_request for more groups than any bill has */
  add(row: BillRow): void {
    const { first, last } = this.#only;
    if ((first !== undefined && row.day < first) || (last !== undefined && row.day > last)) return;
    if (this.#provider !== "" && row.provider !== "" && row.provider !== this.#provider) {
      this.foreign += 1;
      return;
    }
    this.rows += 1;
    this.days.add(row.day);
    if (row.tokens === undefined && row.atto === undefined) return;
    const billed = this.#groupOf(row);
    if (row.atto !== undefined) billed.atto = (billed.atto ?? 0n) + row.atto;
    if (row.tokens === undefined) return;
    billed.hasTokens = true;
    for (const [name, count] of row.tokens) {
      this.classes.add(name);
      billed.tokens.set(name, (billed.tokens.get(name) ?? 0n) + count);
    }
  }

  all(): readonly Billed[] {
    return [...this.#groups.values()];
  }

  #groupOf({ day, model, provider, line }: BillRow): Billed {
    const owner = provider === "" ? this.#provider : provider;
    if (owner === "") {
      throw new SluiceError(
        "invalid_request",
        `Line ${line} does not say which provider it is of: add a column provider, or name it with --provider.`,
      );
    }
    const name = JSON.stringify([day, owner, model]);
    let billed = this.#groups.get(name);
    if (billed === undefined) {
      if (this.#groups.size >= GROUPS_MAX) {
        throw new SluiceError("invalid_request", `The file has more than ${GROUPS_MAX} pairs of day and model.`);
      }
      billed = { day, provider: owner, model, tokens: new Map(), hasTokens: false, atto: undefined };
      this.#groups.set(name, billed);
    }
    return billed;
  }
}
