import { type DeliveredEvent, payloadOf } from "@sluice/platform/bus";
import type { AttemptFinished, AttemptMetered, AttemptStarted } from "@sluice/proto/events/v1/attempt_events";
import type { DecisionMade } from "@sluice/proto/events/v1/decision_events";
import type { HoldEnded, HoldPlaced, LedgerPosted } from "@sluice/proto/events/v1/ledger_events";
import type { ResponseValidated } from "@sluice/proto/events/v1/verdict_events";

/** What the streams say about one attempt. */
export interface AttemptFacts {
  readonly id: string;
  readonly verdicts: readonly ResponseValidated[];
  readonly postings: readonly LedgerPosted[];
  started?: AttemptStarted;
  metered?: AttemptMetered;
  finished?: AttemptFinished;
  hold?: HoldPlaced;
  holdEnded?: HoldEnded;
}

interface Collected extends AttemptFacts {
  readonly verdicts: ResponseValidated[];
  readonly postings: LedgerPosted[];
}

/** The facts of one request, picked out of streams that tell of all requests. Streams repeat facts: each counts once. */
export class RequestFacts {
  readonly requestId: string;
  decision: DecisionMade | undefined;
  /** Epoch milliseconds at which the newest of them was stored; 0 if there is none. */
  newestAt = 0;
  /** Facts that seem to belong to the request and cannot be read. */
  unreadable = 0;
  readonly #attempts = new Map<string, Collected>();

  constructor(requestId: string) {
    this.requestId = requestId;
  }

  /** Attempts in the order of their facts. */
  get attempts(): readonly AttemptFacts[] {
    return [...this.#attempts.values()];
  }

  /** The report of the request's last attempt, if there is one. */
  get last(): AttemptFinished | undefined {
    return this.attempts.find(({ finished }) => finished?.last)?.finished;
  }

  /** Keeps a fact if it is one of this request's; true if it is. */
  take(event: DeliveredEvent): boolean {
    // Parsing costs more than looking: of a thousand facts one belongs to the request. An ended hold names its attempt only.
    const named = event.type === "hold.ended" ? this.#attempts.size > 0 : event.json.includes(this.requestId);
    if (!named) return false;
    try {
      if (!this.#keep(event)) return false;
    } catch {
      this.unreadable += 1;
      return false;
    }
    this.newestAt = Math.max(this.newestAt, event.storedAt);
    return true;
  }

  #keep(event: DeliveredEvent): boolean {
    switch (event.type) {
      case "decision.made":
        return this.#own(payloadOf(event, event.type), (fact) => {
          this.decision = fact;
        });
      case "attempt.started":
        return this.#ofAttempt(payloadOf(event, event.type), (attempt, fact) => {
          attempt.started = fact;
        });
      case "attempt.metered":
        return this.#ofAttempt(payloadOf(event, event.type), (attempt, fact) => {
          attempt.metered = fact;
        });
      case "attempt.finished":
        return this.#ofAttempt(payloadOf(event, event.type), (attempt, fact) => {
          attempt.finished = fact;
        });
      case "response.validated":
        return this.#ofAttempt(payloadOf(event, event.type), ({ verdicts }, fact) => {
          if (!verdicts.some(({ verdictId }) => verdictId === fact.verdictId)) verdicts.push(fact);
        });
      default:
        return this.#keepMoney(event);
    }
  }

  #keepMoney(event: DeliveredEvent): boolean {
    switch (event.type) {
      case "hold.placed": {
        const fact = payloadOf(event, event.type);
        return this.#ofAttempt({ ...fact, attemptId: fact.holdId }, (attempt) => {
          attempt.hold = fact;
        });
      }
      case "hold.ended": {
        const fact = payloadOf(event, event.type);
        const attempt = this.#attempts.get(fact.holdId);
        if (attempt !== undefined) attempt.holdEnded = fact;
        return attempt !== undefined;
      }
      case "ledger.posted":
        return this.#ofAttempt(payloadOf(event, event.type), ({ postings }, fact) => {
          if (!postings.some(({ postingId }) => postingId === fact.postingId)) postings.push(fact);
        });
      default:
        return false;
    }
  }

  #own<Fact extends { readonly requestId: string }>(fact: Fact, keep: (fact: Fact) => void): boolean {
    if (fact.requestId !== this.requestId) return false;
    keep(fact);
    return true;
  }

  #ofAttempt<Fact extends { readonly requestId: string; readonly attemptId: string }>(
    fact: Fact,
    keep: (attempt: Collected, fact: Fact) => void,
  ): boolean {
    return this.#own(fact, () => {
      const { attemptId: id } = fact;
      const attempt = this.#attempts.get(id) ?? { id, verdicts: [], postings: [] };
      this.#attempts.set(id, attempt);
      keep(attempt, fact);
    });
  }
}

/** True if request bytes may have left, so that the provider may bill: then a posting tells what it cost. */
export function isBillable({ metered, started }: AttemptFacts): boolean {
  if (metered === undefined) return started !== undefined;
  return metered.usage !== undefined || metered.ending !== "not_sent";
}

/** True once the attempt's money is accounted for, be it by an estimate. */
export function isBooked(attempt: AttemptFacts): boolean {
  if (attempt.hold !== undefined && attempt.holdEnded === undefined) return false;
  return !isBillable(attempt) || attempt.postings.length > 0;
}

/** True if the attempt is charged by an estimate that true figures may still correct. */
export function isEstimated({ postings }: AttemptFacts): boolean {
  return postings.length > 0 && postings.every(({ kind }) => kind === "estimated");
}
