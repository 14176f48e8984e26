import { hash } from "node:crypto";
import { SluiceError } from "@sluice/platform/errors";
import { apiKeyFault } from "@sluice/platform/ids";
import type { Client } from "@sluice/platform/rpc";
import {
  type IdentityServiceDefinition,
  KeyState,
  type ResolveKeyResponse,
} from "@sluice/proto/identity/v1/identity_service";
import { compileAllowedModels } from "./allowed-models.ts";
import { Lru } from "./lru.ts";

/** Whose key it is, as far as the door needs it. */
export interface Caller {
  readonly keyId: string;
  readonly tenantId: string;
  readonly teamId: string;
  readonly userId: string;
  /** Epoch milliseconds; 0 if the key never expires. */
  readonly expiresAtMs: number;
  readonly accounts: ResolveKeyResponse["accounts"];
  allows(model: string): boolean;
}

export interface KeyRingOptions {
  readonly identity: Pick<Client<typeof IdentityServiceDefinition>, "resolveKey">;
  readonly freshMs: number;
  readonly unknownFreshMs: number;
  readonly staleMaxMs: number;
  readonly capacity: number;
  /** False while revocations cannot reach this process: then keys are asked for anew each second. */
  hearsRevocations(): boolean;
  now(): number;
}

interface KnownKey {
  readonly caller: Caller;
  readonly resolvedAt: number;
}

interface UnknownKey {
  readonly state: KeyState;
  readonly resolvedAt: number;
}

const LOOKUP_DEADLINE_MS = 2_000;
const DEAF_FRESH_MS = 1_000;

/** Longer texts are refused without hashing them; a key has 48 characters. */
const MAX_KEY_LENGTH = 512;
/** Keys whose digests are at hand: those that ask all the time. */
const DIGESTS_KEPT = 1_024;

/** The API keys this process has met. Safe for concurrent use; lookups of the same key are made once. */
export class KeyRing {
  private readonly options: KeyRingOptions;
  private readonly known: Lru<KnownKey>;
  private readonly unknown: Lru<UnknownKey>;
  /** Digests of good keys by the key: computing one costs more than all the rest of a lookup. Dropped with the key. */
  private readonly digests = new Map<string, string>();
  private readonly lookups = new Map<string, Promise<Caller>>();
  private epoch = 0;

  constructor(options: KeyRingOptions) {
    this.options = options;
    this.known = new Lru(options.capacity);
    this.unknown = new Lru(options.capacity);
  }

  /**
   * Finds the caller behind a key. Only the key's SHA-256 is sent or compared; keys themselves stay in this process's memory, and only
   * while they are good.
   * @throws unauthenticated for a key that is unknown, revoked or expired; unavailable while nobody can tell
   */
  resolve(key: string): Caller | Promise<Caller> {
    if (key.length > MAX_KEY_LENGTH) throw refusal(KeyState.KEY_STATE_UNSPECIFIED);
    const id = this.digests.get(key) ?? hash("sha256", key, "hex");
    const now = this.options.now();
    const known = this.known.get(id);
    if (known !== undefined && now - known.resolvedAt < this.freshMs()) {
      this.keepDigest(key, id);
      return checkExpiry(known.caller, now);
    }
    this.digests.delete(key);
    const unknown = this.unknown.get(id);
    if (unknown !== undefined && now - unknown.resolvedAt < this.options.unknownFreshMs) throw refusal(unknown.state);
    const fault = apiKeyFault(key);
    if (fault !== undefined) throw refusal(KeyState.KEY_STATE_UNSPECIFIED, fault === "checksum");
    return this.lookUp(id);
  }

  /** Forgets one key, by the hexadecimal SHA-256 an event names; a lookup under way is not remembered either. */
  forget(keyHash: string): void {
    this.epoch++;
    const id = keyHash.toLowerCase();
    this.known.delete(id);
    this.unknown.delete(id);
    this.lookups.delete(id);
    for (const [key, digest] of this.digests) if (digest === id) this.digests.delete(key);
  }

  /** Forgets everything, because revocations may have been missed. */
  forgetAll(): void {
    this.epoch++;
    this.known.clear();
    this.unknown.clear();
    this.lookups.clear();
    this.digests.clear();
  }

  private keepDigest(key: string, id: string): void {
    if (this.digests.has(key)) return;
    if (this.digests.size >= DIGESTS_KEPT) this.digests.clear();
    this.digests.set(key, id);
  }

  private freshMs(): number {
    return this.options.hearsRevocations() ? this.options.freshMs : Math.min(DEAF_FRESH_MS, this.options.freshMs);
  }

  private lookUp(id: string): Promise<Caller> {
    const running = this.lookups.get(id);
    if (running !== undefined) return running;
    const lookup = this.ask(id).finally(() => {
      if (this.lookups.get(id) === lookup) this.lookups.delete(id);
    });
    this.lookups.set(id, lookup);
    return lookup;
  }

  private async ask(id: string): Promise<Caller> {
    const { identity, now } = this.options;
    const epoch = this.epoch;
    let answer: ResolveKeyResponse;
    try {
      answer = await identity.resolveKey({ keyHash: Buffer.from(id, "hex") }, { deadlineMs: LOOKUP_DEADLINE_MS });
    } catch (cause) {
      return this.goOnWith(id, cause);
    }
    const resolvedAt = now();
    const remember = epoch === this.epoch;
    if (answer.state !== KeyState.KEY_STATE_ACTIVE) {
      this.known.delete(id);
      if (remember) this.unknown.set(id, { state: answer.state, resolvedAt });
      throw refusal(answer.state);
    }
    const caller = toCaller(answer);
    if (remember) this.known.set(id, { caller, resolvedAt });
    return checkExpiry(caller, resolvedAt);
  }

  /** The identity service is away: a key that was good a short while ago goes on. */
  private goOnWith(id: string, cause: unknown): Caller {
    const now = this.options.now();
    const known = this.known.get(id);
    if (known !== undefined && now - known.resolvedAt < this.options.staleMaxMs) return checkExpiry(known.caller, now);
    throw new SluiceError(
      "unavailable",
      "The API key cannot be checked now: the identity service does not answer. Try again.",
      {
        cause,
        details: { retryAfterMs: 1_000 },
      },
    );
  }
}

function toCaller(answer: ResolveKeyResponse): Caller {
  return {
    keyId: answer.keyId,
    tenantId: answer.tenantId,
    teamId: answer.teamId,
    userId: answer.userId,
    expiresAtMs: Number(answer.expiresAtMs),
    accounts: answer.accounts,
    allows: compileAllowedModels(answer.allowedModels),
  };
}

function checkExpiry(caller: Caller, now: number): Caller {
  if (caller.expiresAtMs !== 0 && caller.expiresAtMs <= now) throw refusal(KeyState.KEY_STATE_EXPIRED);
  return caller;
}

function refusal(state: KeyState, mistyped = false): SluiceError {
  return new SluiceError("unauthenticated", `${describe(state, mistyped)} Create one with \`sluice keys create\`.`);
}

function describe(state: KeyState, mistyped: boolean): string {
  if (mistyped) return "This API key is mistyped: its last characters do not fit the rest.";
  if (state === KeyState.KEY_STATE_REVOKED) return "This API key was revoked.";
  if (state === KeyState.KEY_STATE_EXPIRED) return "This API key has expired.";
  return "This API key is not known here.";
}
