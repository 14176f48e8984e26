import type { Bus } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import type { Logger } from "@sluice/platform/log";
import type { SessionRow } from "../store/schema.ts";
import type { SessionStore } from "../store/session-store.ts";
import type { SessionLedger } from "./ledger.ts";

const BATCH = 200;

export interface SessionEnderOptions {
  readonly store: SessionStore;
  readonly ledger: SessionLedger;
  readonly bus: Bus;
  readonly log: Logger;
  /** Pause between two looks for what is left to do, in milliseconds. */
  readonly sweepMs: number;
  /** Age in milliseconds at which a slice that was asked for counts as forgotten. */
  readonly forgottenMs: number;
  /** How long ended sessions are kept, in milliseconds. */
  readonly keepMs: number;
  readonly now?: () => number;
}

/**
 * Carries endings of sessions through: the row says that a session is closed, then the bus hears of it and the ledger gives the rest of
 * its slice back. Each step is repeated until it is done and has one effect.
 */
export class SessionEnder {
  readonly #options: SessionEnderOptions;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #started = false;
  #stopped = false;

  constructor(options: SessionEnderOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Ends a session that is marked as closed; true if its calls are still in flight. @throws what the bus or ledger throws */
  async end(row: SessionRow): Promise<boolean> {
    const { store, ledger, bus } = this.#options;
    if (row.closed_at_ms > 0n && row.announced === 0n) {
      await bus.publish({
        type: "session.revoked",
        id: `${row.id}-revoked`,
        tenant: row.org_id,
        payload: { sessionId: row.id, tenantId: row.org_id, revokedAtMs: row.closed_at_ms },
      });
      await store.markAnnounced(row.id);
    }
    if (row.slice !== "open" && row.slice !== "opening") return false;
    const draining = await ledger.closeSlice(row);
    // A slice nobody knows of: its opening was cut short, so the session never was.
    if (row.slice === "opening") await store.remove(row.id);
    else await store.setSlice(row.id, "closed");
    return draining;
  }

  /** Does what is left to do now; failures are logged and tried again. */
  async sweep(): Promise<void> {
    this.#running ??= this.#sweepAll().then((isMoreLeft) => {
      this.#running = undefined;
      this.#sweepAfter(isMoreLeft ? 0 : this.#options.sweepMs);
    });
    await this.#running;
  }

  /** Sweeps again and again until it is stopped. */
  start(): void {
    this.#started = true;
    this.#sweepAfter(this.#options.sweepMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #sweepAfter(pauseMs: number): void {
    if (!this.#started || this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.sweep(), pauseMs);
    this.#timer.unref();
  }

  /** True if there is more to do that can be done at once. */
  async #sweepAll(): Promise<boolean> {
    const { store, forgottenMs, keepMs } = this.#options;
    const now = this.#now();
    let failures = 0;
    try {
      await store.closeOfRevokedKeys(BigInt(now));
      await store.tidy(BigInt(now), BigInt(now - keepMs));
      const unfinished = await store.unfinished(BigInt(now - forgottenMs), BATCH);
      for (const row of unfinished) {
        await this.end(row).catch((thrown: unknown) => {
          failures += 1;
          this.#note(thrown);
        });
      }
      return unfinished.length === BATCH && failures === 0;
    } catch (thrown) {
      this.#note(thrown);
      return false;
    }
  }

  #note(thrown: unknown): void {
    const error = SluiceError.from(thrown);
    if (!this.#stopped) this.#options.log.warn({ error_code: error.code, err: error }, "the ending of a session waits");
  }
}
