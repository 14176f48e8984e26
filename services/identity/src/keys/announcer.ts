import type { Bus } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import type { Logger } from "@sluice/platform/log";
import type { KeyStore } from "../store/key-store.ts";
import type { KeyRow } from "../store/schema.ts";

const BATCH = 200;

/**
 * Tells the bus about keys: the row is written first, the fact after it, and the row notes that the bus has it.
 * Ids of the facts follow from the key's id, so that telling again after a crash has no further effect.
 */
export class Announcer {
  readonly #store: KeyStore;
  readonly #bus: Bus;
  readonly #log: Logger;
  readonly #retryMs: number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: { store: KeyStore; bus: Bus; log: Logger; retryMs: number }) {
    this.#store = parts.store;
    this.#bus = parts.bus;
    this.#log = parts.log;
    this.#retryMs = parts.retryMs;
  }

  /** Publishes what the bus does not know about this key. @throws overloaded while the bus takes nothing */
  async announce(key: KeyRow): Promise<void> {
    try {
      if (key.announced === "") await this.#announceCreated(key);
      if (key.revoked_at_ms > 0n) await this.#announceRevoked(key);
    } catch (error) {
      this.#retryLater();
      throw error;
    }
  }

  /** Publishes everything a crash or a full bus left unsaid; tries again by itself until all is said. */
  async catchUp(): Promise<void> {
    this.#running ??= this.#sayAll().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  /** Logs that a fact about a key has to wait; it is tried again by itself. */
  note(keyId: string, error: unknown): void {
    this.#log.warn({ key_id: keyId, error_code: SluiceError.from(error).code, err: error }, "a key event waits");
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #sayAll(): Promise<void> {
    try {
      for (;;) {
        const waiting = await this.#store.unannounced(BATCH);
        for (const key of waiting) await this.announce(key);
        if (waiting.length < BATCH) return;
      }
    } catch (error) {
      this.#log.warn({ error_code: SluiceError.from(error).code, err: error }, "key events wait for the bus");
      this.#retryLater();
    }
  }

  #retryLater(): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.catchUp(), this.#retryMs);
    this.#timer.unref();
  }

  async #announceCreated(key: KeyRow): Promise<void> {
    await this.#bus.publish({
      type: "key.created",
      id: `${key.id}-created`,
      tenant: key.org_id,
      payload: { keyId: key.id, tenantId: key.org_id, keyHash: key.hash, createdAtMs: key.created_at_ms },
    });
    await this.#store.markCreatedAnnounced(key.id);
  }

  async #announceRevoked(key: KeyRow): Promise<void> {
    await this.#bus.publish({
      type: "key.revoked",
      id: `${key.id}-revoked`,
      tenant: key.org_id,
      payload: { keyId: key.id, tenantId: key.org_id, keyHash: key.hash, revokedAtMs: key.revoked_at_ms },
    });
    await this.#store.markRevokedAnnounced(key.id);
  }
}
