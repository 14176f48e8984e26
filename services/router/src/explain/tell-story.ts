import { type AccountKind, accountKindToJSON } from "@sluice/proto/common/v1/call_context";
import { Unit } from "@sluice/proto/common/v1/money";
import { type UsageSource, usageSourceToJSON } from "@sluice/proto/common/v1/usage";
import type { HoldEnded, HoldPlaced, LedgerPosted } from "@sluice/proto/events/v1/ledger_events";
import { AttemptStory, ExplainResponse, HoldStory, type PostingStory } from "@sluice/proto/router/v1/router_service";
import { type AttemptFacts, isBooked, type RequestFacts } from "./facts.ts";
import { notesOn } from "./notes.ts";

/** What is known besides the facts. */
export interface Telling {
  /** Epoch milliseconds at which the request arrived. */
  readonly arrivedAt: number;
  readonly now: number;
  /** False if the streams were not read as far as they had to be. */
  readonly readAll: boolean;
}

/** Puts the facts of a request in order: pure, so the same facts always tell the same story. */
export function tellStory(facts: RequestFacts, telling: Telling): ExplainResponse {
  const attempts = facts.attempts.map(attemptStory).sort(inOrder);
  const open = attempts.filter(({ hold }) => hold?.state === "open");
  return ExplainResponse.fromPartial({
    requestId: facts.requestId,
    tenantId: tenantOf(facts),
    state: stateOf(facts),
    arrivedAtMs: BigInt(telling.arrivedAt),
    decision: facts.decision,
    attempts,
    billNanousd: sum(attempts.map(({ costNanousd }) => costNanousd)),
    heldNanousd: sum(open.map(({ hold }) => hold?.heldNanousd ?? 0n)),
    notes: notesOn(facts, telling),
  });
}

function stateOf(facts: RequestFacts): string {
  if (facts.last === undefined) return "running";
  return facts.attempts.every(isBooked) ? "settled" : "settling";
}

function tenantOf({ decision, attempts }: RequestFacts): string {
  const [first] = attempts;
  const said = decision ?? first?.finished ?? first?.started ?? first?.metered ?? first?.hold ?? first?.postings[0];
  return said?.tenantId ?? first?.verdicts[0]?.tenantId ?? "";
}

function attemptStory(facts: AttemptFacts): AttemptStory {
  const { id, started, metered, finished, hold, holdEnded, verdicts, postings } = facts;
  const named = started ?? finished ?? metered ?? hold ?? postings[0] ?? verdicts[0];
  return AttemptStory.fromPartial({
    attemptId: id,
    ordinal: finished?.ordinal ?? started?.ordinal ?? 0,
    provider: named?.provider ?? "",
    model: named?.model ?? "",
    hold: hold === undefined ? undefined : holdStory(hold, holdEnded),
    startedAtMs: started?.startedAtMs ?? metered?.startedAtMs ?? 0n,
    ending: metered?.ending ?? "",
    endedAtMs: metered?.endedAtMs ?? 0n,
    usage: metered?.usage,
    usageSource: metered?.usage === undefined ? "" : sourceWord(metered.usageSource),
    serviceTier: metered?.serviceTier ?? "",
    upstreamRequestId: metered?.upstreamRequestId ?? "",
    outcome: finished?.outcome ?? "",
    committed: finished?.committed ?? false,
    verdict: finished?.verdict ?? "",
    error: finished?.error ?? metered?.error,
    firstContentMs: finished?.firstContentMs,
    durationMs: finished?.durationMs,
    finishReason: finished?.finishReason ?? "",
    next: finished?.next ?? "",
    nextReason: finished?.nextReason ?? "",
    backoffMs: finished?.backoffMs ?? 0n,
    verdicts: [...verdicts],
    postings: postings.map(postingStory),
    costNanousd: sum(postings.map(({ amountNanousd }) => amountNanousd)),
  });
}

function holdStory(placed: HoldPlaced, ended: HoldEnded | undefined): HoldStory {
  const money = placed.amounts.find(({ unit }) => unit === Unit.UNIT_NANOUSD);
  return HoldStory.fromPartial({
    heldNanousd: money?.value ?? 0n,
    priceVersion: placed.priceVersion,
    accounts: placed.accounts.map(({ kind, id }) => `${kindWord(kind)}:${id}`),
    placedAtMs: placed.placedAtMs,
    expiresAtMs: placed.expiresAtMs,
    state: ended?.ending ?? "open",
    endedAtMs: ended?.endedAtMs ?? 0n,
    reason: ended?.reason ?? "",
  });
}

function postingStory({ kind, amountNanousd, priceVersion, overrun, postedAtMs }: LedgerPosted): PostingStory {
  return { kind, amountNanousd, priceVersion, overrun, postedAtMs };
}

/** By ordinal; attempts of which only the hold is known come behind, as they were placed. */
function inOrder(a: AttemptStory, b: AttemptStory): number {
  if (a.ordinal !== b.ordinal) return (a.ordinal || Number.MAX_SAFE_INTEGER) - (b.ordinal || Number.MAX_SAFE_INTEGER);
  return Number((a.hold?.placedAtMs ?? 0n) - (b.hold?.placedAtMs ?? 0n));
}

/** The contract's names of values without their prefix, in small letters. */
function kindWord(kind: AccountKind): string {
  return accountKindToJSON(kind).replace("ACCOUNT_KIND_", "").toLowerCase();
}

function sourceWord(source: UsageSource): string {
  return usageSourceToJSON(source).replace("USAGE_SOURCE_", "").toLowerCase();
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
