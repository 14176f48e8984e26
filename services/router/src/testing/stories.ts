import type { OutgoingEvent } from "@sluice/platform/bus";
import { AccountKind } from "@sluice/proto/common/v1/call_context";
import { Unit } from "@sluice/proto/common/v1/money";
import { UsageSource } from "@sluice/proto/common/v1/usage";
import { AttemptFinished, AttemptMetered, AttemptStarted } from "@sluice/proto/events/v1/attempt_events";
import { DecisionMade } from "@sluice/proto/events/v1/decision_events";
import { HoldEnded, HoldPlaced, LedgerPosted } from "@sluice/proto/events/v1/ledger_events";
import { ResponseValidated } from "@sluice/proto/events/v1/verdict_events";

const TENANT = "org_a";

/** Makes the facts of one request, as the services that see them would publish them. */
export class FactsOf {
  readonly requestId: string;
  readonly #tenant: string;

  constructor(requestId: string, tenant: string = TENANT) {
    this.requestId = requestId;
    this.#tenant = tenant;
  }

  decision(): OutgoingEvent<"decision.made"> {
    const payload = DecisionMade.fromPartial({ ...this.#ids(), requestedModel: "fast", strategy: "priority" });
    return { type: "decision.made", id: this.requestId, tenant: this.#tenant, payload };
  }

  held(attemptId: string, nanousd = 4_000n): OutgoingEvent<"hold.placed"> {
    const payload = HoldPlaced.fromPartial({
      ...this.#ids(),
      holdId: attemptId,
      accounts: [{ kind: AccountKind.ACCOUNT_KIND_ORG, id: this.#tenant }],
      amounts: [
        { unit: Unit.UNIT_TOKENS, value: 7n },
        { unit: Unit.UNIT_NANOUSD, value: nanousd },
      ],
      priceVersion: "a/one@1",
      provider: "a",
      model: "one",
      placedAtMs: 10n,
    });
    return { type: "hold.placed", id: attemptId, tenant: this.#tenant, payload };
  }

  holdEnded(attemptId: string, ending: "settled" | "void" | "expired" = "settled"): OutgoingEvent<"hold.ended"> {
    const payload = HoldEnded.fromPartial({ holdId: attemptId, tenantId: this.#tenant, ending, endedAtMs: 90n });
    return { type: "hold.ended", id: `${attemptId}.${ending}`, tenant: this.#tenant, payload };
  }

  started(attemptId: string, ordinal: number): OutgoingEvent<"attempt.started"> {
    const payload = AttemptStarted.fromPartial({ ...this.#attempt(attemptId), ordinal, startedAtMs: 20n });
    return { type: "attempt.started", id: attemptId, tenant: this.#tenant, payload };
  }

  metered(attemptId: string, more: Partial<AttemptMetered> = {}): OutgoingEvent<"attempt.metered"> {
    const payload = AttemptMetered.fromPartial({
      ...this.#attempt(attemptId),
      usage: { inputTokens: 3n, outputTokens: 5n },
      usageSource: UsageSource.USAGE_SOURCE_PROVIDER,
      ending: "completed",
      ...more,
    });
    return { type: "attempt.metered", id: attemptId, tenant: this.#tenant, payload };
  }

  finished(attemptId: string, ordinal: number, more: Partial<AttemptFinished> = {}): OutgoingEvent<"attempt.finished"> {
    const payload = AttemptFinished.fromPartial({
      ...this.#attempt(attemptId),
      ordinal,
      outcome: "delivered",
      last: true,
      next: "done",
      finishedAtMs: BigInt(Date.now()),
      ...more,
    });
    return { type: "attempt.finished", id: `${attemptId}.finished`, tenant: this.#tenant, payload };
  }

  judged(attemptId: string, phase: string, decision = "pass"): OutgoingEvent<"response.validated"> {
    const verdictId = `${attemptId}.${phase}`;
    const payload = ResponseValidated.fromPartial({ ...this.#attempt(attemptId), verdictId, phase, decision });
    return { type: "response.validated", id: verdictId, tenant: this.#tenant, payload };
  }

  posted(attemptId: string, kind: string, amountNanousd: bigint): OutgoingEvent<"ledger.posted"> {
    const postingId = `${attemptId}.${kind}`;
    const payload = LedgerPosted.fromPartial({ ...this.#attempt(attemptId), postingId, kind, amountNanousd });
    return { type: "ledger.posted", id: postingId, tenant: this.#tenant, payload };
  }

  /** A request whose first candidate failed and whose second one served, all booked. */
  failedOver(): OutgoingEvent[] {
    const [first, second] = [`${this.requestId}.1`, `${this.requestId}.2`];
    return [
      this.decision(),
      ...[this.held(first), this.started(first, 1)],
      this.metered(first, { usage: undefined, ending: "error" }),
      this.finished(first, 1, { outcome: "failed", last: false, next: "next_candidate", nextReason: "overloaded" }),
      ...[this.posted(first, "metered", 0n), this.holdEnded(first)],
      ...[this.held(second), this.started(second, 2), this.judged(second, "window")],
      ...[this.metered(second), this.judged(second, "final")],
      this.finished(second, 2, { verdict: "pass" }),
      ...[this.posted(second, "metered", 8_000n), this.holdEnded(second)],
    ];
  }

  #ids() {
    return { requestId: this.requestId, tenantId: this.#tenant };
  }

  #attempt(attemptId: string) {
    return { ...this.#ids(), attemptId, provider: "a", model: "one" };
  }
}
