import { SluiceError } from "@sluice/platform/errors";
import type { Price } from "./price.ts";

const FLAT_PREFIX = "unpriced@";

/** Every price version the ledger knows. */
export class Catalogue {
  readonly prices: readonly Price[];
  readonly #versions = new Map<string, Price>();
  /** Versions of a model, the newest first. */
  readonly #models = new Map<string, Price[]>();

  constructor(prices: readonly Price[]) {
    this.prices = prices;
    for (const price of prices) {
      this.#versions.set(price.id, price);
      const versions = this.#models.get(price.priceId);
      if (versions === undefined) this.#models.set(price.priceId, [price]);
      else versions.push(price);
    }
    for (const versions of this.#models.values()) versions.sort((a, b) => b.validFrom - a.validFrom);
  }

  /** Number of models with a price. */
  get modelCount(): number {
    return this.#models.size;
  }

  /** The version valid at a moment (epoch milliseconds); undefined if the model had no price then. */
  at(priceId: string, moment: number): Price | undefined {
    return this.#models.get(priceId)?.find((price) => price.validFrom <= moment);
  }

  /** The version of this id, flat prices included; undefined if unknown. */
  version(id: string): Price | undefined {
    return this.#versions.get(id) ?? flatPrice(id);
  }
}

/** The price of a model without one, under the policy `flat_hold`: it is held and charged whatever the attempt uses. */
export function flatPriceOf(nanousd: bigint): Price {
  const zero = { input: 0n, output: 0n };
  return { priceId: "", id: `${FLAT_PREFIX}${nanousd}`, validFrom: 0, rates: zero, flat: nanousd };
}

function flatPrice(id: string): Price | undefined {
  const digits = id.startsWith(FLAT_PREFIX) ? id.slice(FLAT_PREFIX.length) : "";
  return /^[0-9]{1,18}$/.test(digits) ? flatPriceOf(BigInt(digits)) : undefined;
}

/** @throws not_found naming the version */
export function requireVersion(catalogue: Catalogue, id: string): Price {
  const price = catalogue.version(id);
  if (price === undefined) throw new SluiceError("not_found", `Price version "${id}" is not in the catalogue.`);
  return price;
}
