import { z } from "zod";
import { amount } from "../../admin/answers.ts";
import type { AdminDoor } from "../../admin/door.ts";
import { TOKEN_CLASSES, type TokenClass } from "./bill-row.ts";
import type { Booked } from "./compare.ts";
import { dayStart, nextDay } from "./figures.ts";
import type { Days } from "./tally.ts";

const reportAnswer = z.object({
  rows: z.array(
    z.object({
      day: z.string(),
      model: z.string(),
      attempts: amount,
      cost_nanousd: amount,
      adjustments: amount.default(0n),
      usage: z.looseObject({}).optional(),
    }),
  ),
});

/** What the ledger has of some providers in a period, asked for day by day: of a large installation one takes a while. */
export async function readBooked(
  door: AdminDoor,
  providers: Iterable<string>,
  { first, last }: Days,
): Promise<readonly Booked[]> {
  const booked: Booked[] = [];
  for (const provider of providers) {
    for (let from = first; from <= last; from = nextDay(from)) {
      const query = { provider, from_ms: String(dayStart(from)), to_ms: String(dayStart(nextDay(from))) };
      const { rows } = await door.get("/usage-report", reportAnswer, query);
      for (const { day, model, attempts, cost_nanousd: nanousd, adjustments, usage } of rows) {
        booked.push({ provider, day, model, attempts, nanousd, adjustments, tokens: tokensOf(usage ?? {}) });
      }
    }
  }
  return booked;
}

function tokensOf(usage: Readonly<Record<string, unknown>>): ReadonlyMap<TokenClass, bigint> {
  const counts = TOKEN_CLASSES.flatMap((name): [TokenClass, bigint][] => {
    const count = usage[name];
    return typeof count === "string" && /^-?\d+$/.test(count) ? [[name, BigInt(count)]] : [];
  });
  return new Map(counts);
}
