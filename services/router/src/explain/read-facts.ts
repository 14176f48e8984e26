import type { Bus, EventType } from "@sluice/platform/bus";
import { RequestFacts } from "./facts.ts";
import { attemptLimit, decisionLimit, ledgerLimit, type ReadingLimit, verdictLimit } from "./reading-limits.ts";

export interface ReadOptions {
  readonly requestId: string;
  /** Only this tenant's facts; empty means any tenant's. */
  readonly tenantId: string;
  /** Epoch milliseconds at which the first of its facts may have been stored. */
  readonly since: number;
  /** Ends the reading before its time. */
  readonly signal: AbortSignal;
}

interface Source {
  readonly stream: string;
  readonly types: readonly EventType[];
  readonly limit: ReadingLimit;
}

const DECISIONS: Source = { stream: "SLUICE_DECISIONS", types: ["decision.made"], limit: decisionLimit };
const ATTEMPTS: Source = {
  stream: "SLUICE_ATTEMPTS",
  types: ["attempt.started", "attempt.metered", "attempt.finished"],
  limit: attemptLimit,
};
const VERDICTS: Source = { stream: "SLUICE_VERDICTS", types: ["response.validated"], limit: verdictLimit };
const LEDGER: Source = {
  stream: "SLUICE_LEDGER",
  types: ["hold.placed", "hold.ended", "ledger.posted"],
  limit: ledgerLimit,
};

/**
 * Reads the streams from the request's time on, each until nothing more about it can come or to its present end. What the attempts say
 * tells how far the others have to be read.
 */
export async function readFacts(bus: Bus, options: ReadOptions): Promise<RequestFacts> {
  const facts = new RequestFacts(options.requestId);
  const read = (source: Source) => readStream(bus, facts, { source, options });
  await Promise.all([read(DECISIONS), read(ATTEMPTS)]);
  await Promise.all([read(VERDICTS), read(LEDGER)]);
  return facts;
}

async function readStream(
  bus: Bus,
  facts: RequestFacts,
  { source, options }: { readonly source: Source; readonly options: ReadOptions },
): Promise<void> {
  const { stream, types, limit } = source;
  const { tenantId, since: fromTime, signal } = options;
  const tenant = tenantId === "" ? {} : { tenant: tenantId };
  let until = limit(facts);
  for await (const event of bus.read({ stream, types, fromTime, untilEnd: true, signal, ...tenant })) {
    if (facts.take(event)) until = limit(facts);
    if (event.storedAt > until) return;
  }
}
