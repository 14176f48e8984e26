import { type AttemptRecord, type Decision, decide, type Fact } from "../postings.ts";
import { endedEvent } from "./events.ts";
import { Rows } from "./rows.ts";

/** What became of one fact. */
export interface Applied {
  readonly fact: Fact;
  readonly decision: Decision;
  readonly ending: "settled" | "void" | "expired";
}

const REASONS = {
  settled: "The attempt was metered.",
  void: "Nothing was sent.",
  expired: "Nobody metered the attempt before its hold expired.",
} as const;

/** How a fact ends its hold. */
export function endingOf(fact: Fact): Applied["ending"] {
  return !fact.billable ? "void" : fact.kind === "estimated" ? "expired" : "settled";
}

/** Rows a batch of facts adds, and what became of each fact. */
export class Batch extends Rows {
  readonly applied: Applied[] = [];
  readonly records = new Map<string, { readonly fact: Fact; readonly record: AttemptRecord }>();

  constructor(facts: readonly Fact[], known: ReadonlyMap<string, AttemptRecord>, last: bigint) {
    super(last);
    for (const fact of facts) {
      const before = this.records.get(fact.attemptId)?.record ?? known.get(fact.attemptId);
      const decision = decide(before, fact);
      const { record, posting } = decision;
      if (record !== before) this.records.set(fact.attemptId, { fact, record });
      if (posting !== undefined) this.post(fact, posting, record);
      this.#end(fact, decision);
    }
  }

  #end(fact: Fact, decision: Decision): void {
    const ending = endingOf(fact);
    this.applied.push({ fact, decision, ending });
    if (!decision.first) return;
    const { attemptId: holdId, tenant, at } = fact;
    this.events.push(endedEvent({ holdId, tenant, ending, at, reason: REASONS[ending] }));
  }
}
