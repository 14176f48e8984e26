import { z } from "zod";
import { amount } from "../../admin/answers.ts";
import type { AdminDoor } from "../../admin/door.ts";
import type { TokenClass } from "./bill-row.ts";
import type { Pair } from "./compare.ts";
import { dayStart } from "./figures.ts";

/** Tokens a rate is asked for: few enough for the lowest tier of any price, enough for its digits. */
const ASKED_TOKENS = 10_000n;
const QUOTES_AT_ONCE = 200;
const NOON_MS = 43_200_000;

const quotesAnswer = z.object({ quotes: z.array(z.object({ priced: z.boolean(), cost_nanousd: amount })) });
const catalogAnswer = z.object({
  models: z.array(z.object({ provider: z.string(), model: z.string(), price_id: z.string() })),
});

interface Asked {
  readonly name: string;
  readonly price_id: string;
  readonly at_ms: number;
  readonly usage: Readonly<Record<string, string>>;
}

/** The middle of a day, at which its prices are taken and its entries belong. */
export function noonOf(day: string): number {
  return dayStart(day) + NOON_MS;
}

/**
 * What the pairs are apart in nano-USD: by the provider's amounts where it told them, else by the tokens' prices of the day in their lowest
 * tier. Undefined for tokens without a price.
 */
export async function priceDifferences(
  door: AdminDoor,
  pairs: readonly Pair[],
  org: string | undefined,
): Promise<readonly (bigint | undefined)[]> {
  const toPrice = pairs.filter((pair) => pair.billedNano === undefined && apart(pair).length > 0);
  const rates = toPrice.length === 0 ? new Map<string, bigint>() : await ratesFor(door, toPrice, org);
  return pairs.map((pair) => {
    if (pair.billedNano !== undefined) return pair.billedNano - pair.bookedNano;
    let total = 0n;
    for (const { name, billed, booked } of apart(pair)) {
      const rate = rates.get(rateName(pair, name));
      if (rate === undefined) return undefined;
      total += (billed - booked) * rate;
    }
    return roundedAway(total);
  });
}

const apart = ({ classes }: Pair) => classes.filter(({ billed, booked }) => billed !== booked);
const rateName = ({ provider, model, day }: Pair, name: TokenClass): string =>
  JSON.stringify([provider, model, day, name]);

/** Nano-USD for `ASKED_TOKENS` tokens, by pair and class. */
async function ratesFor(
  door: AdminDoor,
  pairs: readonly Pair[],
  org: string | undefined,
): Promise<ReadonlyMap<string, bigint>> {
  const { models } = await door.get("/catalog", catalogAnswer);
  const priceIds = new Map(models.map(({ provider, model, price_id }) => [`${provider}/${model}`, price_id]));
  const asked: Asked[] = pairs.flatMap((pair) =>
    apart(pair).map(({ name }) => ({
      name: rateName(pair, name),
      price_id: priceIds.get(`${pair.provider}/${pair.model}`) ?? `${pair.provider}/${pair.model}`,
      at_ms: noonOf(pair.day),
      usage: { [name]: ASKED_TOKENS.toString() },
    })),
  );
  const rates = new Map<string, bigint>();
  for (let from = 0; from < asked.length; from += QUOTES_AT_ONCE) {
    const some = asked.slice(from, from + QUOTES_AT_ONCE);
    const quotes = some.map(({ price_id, at_ms, usage }) => ({ price_id, at_ms, usage }));
    const answer = await door.post("/quotes", quotesAnswer, { org, quotes });
    for (const [index, quote] of answer.quotes.entries()) {
      if (quote.priced) rates.set(some[index]?.name ?? "", quote.cost_nanousd);
    }
  }
  return rates;
}

/** Divides by the tokens asked for, away from zero: what one token's fraction costs is not given away in either direction. */
function roundedAway(total: bigint): bigint {
  const up = total < 0n ? 1n - ASKED_TOKENS : ASKED_TOKENS - 1n;
  return (total + up) / ASKED_TOKENS;
}
