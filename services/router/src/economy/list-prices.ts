import type { Logger } from "@sluice/platform/log";
import type { Client } from "@sluice/platform/rpc";
import { Usage } from "@sluice/proto/common/v1/usage";
import { type LedgerServiceDefinition, QuoteRequest } from "@sluice/proto/ledger/v1/ledger_service";

/** Price of a million tokens in nano-USD. */
export interface ListPrice {
  readonly input: bigint;
  readonly output: bigint;
}

export interface ListPricesOptions {
  readonly ledger: Pick<Client<typeof LedgerServiceDefinition>, "quote">;
  readonly log: Logger;
  readonly now: () => number;
}

const MILLION = 1_000_000n;
const FRESH_MS = 60_000;
const DEADLINE_MS = 1_000;
const KEPT_MAX = 10_000;

/** What models cost according to the ledger, at most a minute old. */
export class ListPrices {
  readonly #options: ListPricesOptions;
  readonly #kept = new Map<string, { readonly readAt: number; readonly price: ListPrice | undefined }>();

  constructor(options: ListPricesOptions) {
    this.#options = options;
  }

  /** The price of a model; undefined if it has none or the ledger cannot be asked. */
  async of(priceId: string): Promise<ListPrice | undefined> {
    const { log, now } = this.#options;
    const kept = this.#kept.get(priceId);
    if (kept !== undefined && now() - kept.readAt < FRESH_MS) return kept.price;
    try {
      const input = await this.#quote(priceId, { inputTokens: MILLION });
      const output = await this.#quote(priceId, { outputTokens: MILLION });
      // What only reads has no price for what is written.
      const price = input === undefined ? undefined : { input, output: output ?? 0n };
      if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
      this.#kept.set(priceId, { readAt: now(), price });
      return price;
    } catch (err) {
      log.warn({ err, model: priceId }, "price not known for the choice of models");
      return kept?.price;
    }
  }

  async #quote(priceId: string, usage: Parameters<typeof Usage.fromPartial>[0]): Promise<bigint | undefined> {
    const request = QuoteRequest.fromPartial({ priceId, usage: Usage.fromPartial(usage) });
    const { priced, costNanousd } = await this.#options.ledger.quote(request, { deadlineMs: DEADLINE_MS });
    return priced ? costNanousd : undefined;
  }
}
