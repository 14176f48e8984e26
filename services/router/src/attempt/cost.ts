import type { GenerateTail } from "@sluice/proto/provider/v1/provider_service";
import type { Attempt, EngineDependencies } from "./types.ts";

/** What the ledger will charge in nano-USD, by the price version of the hold; undefined if it cannot be asked right now. */
export async function costOf(
  dependencies: EngineDependencies,
  attempt: Attempt,
  tail: Pick<GenerateTail, "usage" | "serviceTier">,
): Promise<bigint | undefined> {
  if (tail.usage === undefined) return 0n;
  try {
    const quote = await dependencies.ledger.quote(
      {
        priceId: attempt.candidate.priceId,
        priceVersion: attempt.priceVersion,
        usage: tail.usage,
        atMs: BigInt(attempt.startedAt),
        tenantId: "",
        serviceTier: tail.serviceTier,
      },
      { deadlineMs: 2000 },
    );
    return quote.priced ? quote.costNanousd : undefined;
  } catch (thrown) {
    dependencies.log.warn({ err: thrown, attempt: attempt.id }, "cost not known for the answer's headers");
    return undefined;
  }
}
