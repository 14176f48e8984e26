import { SluiceError } from "@sluice/platform/errors";
import type { Client } from "@sluice/platform/rpc";
import { type IdentityServiceDefinition, type Session, SessionState } from "@sluice/proto/identity/v1/identity_service";
import type { KeyRingOptions } from "./key-ring.ts";
import { Lru } from "./lru.ts";

export interface SessionRingOptions
  extends Pick<KeyRingOptions, "freshMs" | "unknownFreshMs" | "staleMaxMs" | "capacity" | "hearsRevocations" | "now"> {
  readonly identity: Pick<Client<typeof IdentityServiceDefinition>, "resolveSession">;
}

/** A session as the door needs it. */
export interface KnownSession {
  readonly id: string;
  readonly keyId: string;
  readonly expiresAtMs: number;
  /** True if a slice of the key's budgets pays for its calls. */
  readonly slice: boolean;
}

interface Remembered {
  /** Undefined if there is none such. */
  readonly session: Session | undefined;
  readonly at: number;
}

const LOOKUP_DEADLINE_MS = 2_000;
const DEAF_FRESH_MS = 1_000;
const ID = /^ses_[0-9a-z]{25}$/;

/** The sessions this process has met. Safe for concurrent use; lookups of the same session are made once. */
export class SessionRing {
  readonly #options: SessionRingOptions;
  readonly #met: Lru<Remembered>;
  readonly #lookups = new Map<string, Promise<Remembered>>();
  #epoch = 0;

  constructor(options: SessionRingOptions) {
    this.#options = options;
    this.#met = new Lru(options.capacity);
  }

  /**
   * Finds a session of this key. One of another key is as unknown as one that never was.
   * @throws forbidden if it is unknown, closed or expired; unavailable while nobody can tell
   */
  resolve(id: string, keyId: string): KnownSession | Promise<KnownSession> {
    if (!ID.test(id)) throw refusal("is not the id of a session: open one with POST /v1/sessions.");
    const met = this.#met.get(id);
    const now = this.#options.now();
    if (met !== undefined && now - met.at < this.#freshMs(met)) return judge(met.session, keyId, now);
    return this.#lookUp(id).then(({ session }) => judge(session, keyId, this.#options.now()));
  }

  /** Forgets one session; a lookup under way is not remembered either. */
  forget(id: string): void {
    this.#epoch++;
    this.#met.delete(id);
    this.#lookups.delete(id);
  }

  /** Forgets everything, because endings may have been missed. */
  forgetAll(): void {
    this.#epoch++;
    this.#met.clear();
    this.#lookups.clear();
  }

  #freshMs({ session }: Remembered): number {
    const { freshMs, unknownFreshMs, hearsRevocations } = this.#options;
    if (session?.state !== SessionState.SESSION_STATE_OPEN) return unknownFreshMs;
    return hearsRevocations() ? freshMs : Math.min(DEAF_FRESH_MS, freshMs);
  }

  #lookUp(id: string): Promise<Remembered> {
    const running = this.#lookups.get(id);
    if (running !== undefined) return running;
    const lookup = this.#ask(id).finally(() => {
      if (this.#lookups.get(id) === lookup) this.#lookups.delete(id);
    });
    this.#lookups.set(id, lookup);
    return lookup;
  }

  async #ask(id: string): Promise<Remembered> {
    const { identity, now, staleMaxMs } = this.#options;
    const epoch = this.#epoch;
    try {
      const { session } = await identity.resolveSession({ sessionId: id }, { deadlineMs: LOOKUP_DEADLINE_MS });
      const remembered = { session, at: now() };
      if (epoch === this.#epoch) this.#met.set(id, remembered);
      return remembered;
    } catch (cause) {
      // The identity service is away: a session that was good a short while ago goes on.
      const met = this.#met.get(id);
      if (met?.session?.state === SessionState.SESSION_STATE_OPEN && now() - met.at < staleMaxMs) return met;
      throw new SluiceError("unavailable", "The session cannot be checked now: the identity service does not answer.", {
        cause,
        details: { retryAfterMs: 1_000 },
      });
    }
  }
}

function judge(session: Session | undefined, keyId: string, now: number): KnownSession {
  if (session === undefined || session.keyId !== keyId) throw refusal("is no session of this API key.");
  if (session.state === SessionState.SESSION_STATE_CLOSED) throw refusal("is closed: open another session.");
  const expiresAtMs = Number(session.expiresAtMs);
  if (session.state !== SessionState.SESSION_STATE_OPEN || expiresAtMs <= now) {
    throw refusal(`has expired at ${new Date(expiresAtMs).toISOString()}: open another session.`);
  }
  return { id: session.id, keyId: session.keyId, expiresAtMs, slice: session.amounts.length > 0 };
}

function refusal(what: string): SluiceError {
  const param = "x-sluice-session";
  return new SluiceError("forbidden", `The session named by the header ${param} ${what}`, { details: { param } });
}
