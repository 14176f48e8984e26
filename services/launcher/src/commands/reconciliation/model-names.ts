/** Dates at a name's end, as providers mark a model's versions: -2024-08-06, -20250514, @20250514, -08-06. */
const VERSION = /[-@](?:\d{4}-\d{2}-\d{2}|\d{8}|\d{2}-\d{2}|latest)$/;

/** A name without what only its spelling adds: "Claude Haiku 4.5" and "claude-haiku-4-5-20251001" are one model. */
export function plainName(model: string): string {
  const spelled = model
    .trim()
    .toLowerCase()
    .replace(/^(?:models|publishers\/[^/]+\/models|openai|anthropic)\//, "")
    .replace(/[\s_.]+/g, "-");
  return spelled.replace(VERSION, "");
}

/** Finds the ledger's name of a model in a provider's words. */
export class ModelNames {
  readonly #exact: ReadonlySet<string>;
  readonly #plain = new Map<string, string>();
  readonly #told: ReadonlyMap<string, string>;

  /** `told` are pairs that the user gave: the provider's name, and the ledger's. */
  constructor(known: Iterable<string>, told: ReadonlyMap<string, string>) {
    this.#exact = new Set(known);
    this.#told = told;
    // Several versions of one model: the shortest name is the one without a version.
    const byLength = [...this.#exact].sort((a, b) => b.length - a.length || (a < b ? 1 : -1));
    for (const name of byLength) this.#plain.set(plainName(name), name);
  }

  /** The ledger's name; the provider's own where the ledger knows no such model. */
  find(billed: string): string {
    const told = this.#told.get(billed);
    if (told !== undefined) return told;
    if (this.#exact.has(billed)) return billed;
    return this.#plain.get(plainName(billed)) ?? billed;
  }
}
