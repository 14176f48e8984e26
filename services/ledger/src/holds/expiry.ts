import type { Bus } from "@sluice/platform/bus";
import type { AttemptsConsumer } from "../consumers/attempts.ts";
import type { Fact } from "../postings.ts";
import { type SettlementOptions, settleFacts } from "../settlement.ts";
import { endedEvent } from "../store/events.ts";
import { clean, tagsText } from "../store/texts.ts";
import type { Hold } from "./types.ts";

export interface ExpiryOptions extends SettlementOptions {
  readonly bus: Bus;
  readonly consumer: Pick<AttemptsConsumer, "unseen" | "head" | "handled" | "isWaitingForPrice">;
  readonly graceMs: number;
  readonly now: () => number;
}

const HOLDS_AT_ONCE = 500;

/** A moment, and how far the stream of facts had come by then. */
interface Goal {
  readonly at: number;
  readonly position: bigint;
}

/**
 * Ends holds nobody renews: not started means void, started means charged with the worst case as an estimate. It waits
 * while facts are unseen, because one of them may say what really happened.
 */
export class Expiry {
  readonly #options: ExpiryOptions;
  #connectedSince: number | undefined;
  #goal: Goal | undefined;

  constructor(options: ExpiryOptions) {
    this.#options = options;
  }

  /** Looks once; returns how many holds it ended. Never call it again before it has resolved. */
  async sweep(): Promise<number> {
    if (!this.#busIsSettled()) return 0;
    const { store, consumer, now } = this.#options;
    const at = now();
    const expired = await store.expired(at, HOLDS_AT_ONCE);
    if (expired.length === 0) return 0;
    const until = await this.#knownUntil(at);
    if (until === undefined) return 0;
    const due = expired.filter((hold) => !consumer.isWaitingForPrice(hold.id));
    const fresh = await store.find(due);
    const still = due.flatMap(({ id }) => fresh.get(id) ?? []).filter((hold) => isDue(hold, until));
    await this.#charge(still.filter((hold) => hold.started));
    let ended = still.filter((hold) => hold.started).length;
    for (const hold of still) if (!hold.started && (await this.#void(hold))) ended++;
    return ended;
  }

  /**
   * The moment up to which everything that was published has been applied; undefined if none is known. Where facts never stop coming
   * some are always unseen: then the stream's end at one look is the goal, and a later look finds that it was reached.
   */
  async #knownUntil(at: number): Promise<number | undefined> {
    const { consumer } = this.#options;
    if ((await consumer.unseen()) === 0) {
      this.#goal = undefined;
      return at;
    }
    if (this.#goal === undefined) {
      const position = await consumer.head();
      if (position !== undefined) this.#goal = { at, position };
      return undefined;
    }
    if (!(await consumer.handled(this.#goal.position))) return undefined;
    const reached = this.#goal.at;
    this.#goal = undefined;
    return reached;
  }

  /** True once the bus has been there for as long as adapters need to hand over what they kept. */
  #busIsSettled(): boolean {
    const { bus, graceMs, now } = this.#options;
    if (!bus.health().connected) {
      this.#connectedSince = undefined;
      this.#goal = undefined;
      return false;
    }
    this.#connectedSince ??= now();
    return now() - this.#connectedSince >= graceMs;
  }

  async #charge(holds: readonly Hold[]): Promise<void> {
    const { log, now } = this.#options;
    const at = now();
    for (const { id, tenant, provider, model, amounts } of holds) {
      const fields = { attempt: id, tenant_id: tenant, provider, model, cost_nanousd: amounts.nanousd };
      log.warn(fields, "hold expired, worst case charged as an estimate");
    }
    await settleFacts(
      this.#options,
      holds.map((hold): Fact => {
        const { id: attemptId, requestId, tenant, provider, model, priceId, priceVersion, accounts, amounts } = hold;
        const about = { attemptId, requestId, tenant, provider, model, priceId, priceVersion, accounts };
        const began = { startedAt: hold.startedAt, usage: "", task: clean(hold.task), tags: tagsText(hold.tags) };
        return {
          ...about,
          ...began,
          kind: "estimated",
          total: amounts,
          billable: true,
          heldNanousd: amounts.nanousd,
          at,
        };
      }),
    );
  }

  async #void(hold: Hold): Promise<boolean> {
    const { store, bus, metrics, now } = this.#options;
    const at = now();
    if (!(await store.void(hold, at, at))) return false;
    metrics.voided.add();
    const reason = hold.size.length > 0 ? "The session ended." : "It expired before its attempt started.";
    await bus.publish(endedEvent({ holdId: hold.id, tenant: hold.tenant, ending: "void", at, reason }));
    return true;
  }
}

function isDue(hold: Hold, until: number): boolean {
  return hold.state === "live" && hold.expiresAt <= until;
}
