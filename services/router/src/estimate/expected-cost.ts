import { Usage } from "@sluice/proto/common/v1/usage";
import { type HoldRequest, QuoteRequest } from "@sluice/proto/ledger/v1/ledger_service";
import type { EngineDependencies } from "../attempt/types.ts";

const QUOTE_DEADLINE_MS = 2_000;

/** What the usage that is expected would cost in nano-USD; undefined if the ledger has no price for it. */
export async function expectedCost(
  ledger: EngineDependencies["ledger"],
  about: {
    readonly hold: HoldRequest;
    readonly priceVersion: string;
    readonly inputTokens: number;
    readonly outputTokens: number;
    /** What is asked for beside tokens of text; absent for chats. */
    readonly units?: Usage | undefined;
  },
): Promise<bigint | undefined> {
  const { hold, priceVersion, inputTokens, outputTokens, units } = about;
  const usage = Usage.fromPartial({
    ...units,
    inputTokens: BigInt(inputTokens),
    outputTokens: BigInt(outputTokens),
  });
  const quote = await ledger.quote(
    QuoteRequest.fromPartial({
      priceId: hold.priceId,
      priceVersion,
      usage,
      atMs: hold.startedAtMs,
      tenantId: hold.tenantId,
      serviceTier: hold.serviceTier,
    }),
    { deadlineMs: QUOTE_DEADLINE_MS },
  );
  return quote.priced ? quote.costNanousd : undefined;
}
