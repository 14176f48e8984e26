import { timingSafeEqual } from "node:crypto";
import { SluiceError } from "@sluice/platform/errors";
import { apiKeyPrefix, hashApiKey, newApiKey, newId } from "@sluice/platform/ids";
import type { Directory } from "../directory/directory.ts";
import { canName, checkName } from "../directory/names.ts";
import type { KeyStore } from "../store/key-store.ts";
import type { KeyRow } from "../store/schema.ts";
import type { Announcer } from "./announcer.ts";
import { checkAllowedModels } from "./models.ts";

const TTL_MS_MAX = 100n * 365n * 86_400_000n;

/** What somebody asks for when making a key; empty strings mean "none", an empty org "the only one". */
export interface NewKey {
  readonly org: string;
  readonly team: string;
  readonly user: string;
  readonly name: string;
  /** Life in milliseconds; 0 means no expiry. */
  readonly ttlMs: bigint;
  readonly budgetNanousd: bigint | undefined;
  readonly allowedModels: readonly string[];
}

/** Sets the limit of a key's own account; the ledger stands behind it. */
export type SetKeyBudget = (budget: { tenantId: string; keyId: string; limitNanousd: bigint }) => Promise<void>;

export type State = "active" | "revoked" | "expired";

/** Whether a key can be used at this moment (milliseconds since the epoch). */
export function stateOf(key: KeyRow, now: number): State {
  if (key.revoked_at_ms > 0n) return "revoked";
  if (key.expires_at_ms > 0n && key.expires_at_ms <= BigInt(now)) return "expired";
  return "active";
}

/** The life of API keys. Safe to call concurrently. */
export class Keys {
  readonly #store: KeyStore;
  readonly #directory: Directory;
  readonly #announcer: Announcer;
  readonly #setBudget: SetKeyBudget;
  readonly #now: () => number;

  constructor(parts: {
    store: KeyStore;
    directory: Directory;
    announcer: Announcer;
    setBudget: SetKeyBudget;
    now?: () => number;
  }) {
    this.#store = parts.store;
    this.#directory = parts.directory;
    this.#announcer = parts.announcer;
    this.#setBudget = parts.setBudget;
    this.#now = parts.now ?? Date.now;
  }

  /**
   * Makes a key and returns its secret for the only time. The budget stands before the key exists, so that no call can
   * be made without it.
   * @throws invalid_request, not_found, and whatever setting the budget throws
   */
  async create(wish: NewKey): Promise<{ key: KeyRow; secret: string }> {
    checkAmounts(wish);
    const allowedModels = checkAllowedModels(wish.allowedModels);
    const name = wish.name === "" ? "" : checkName(wish.name);
    const org = await this.#directory.org(wish.org);
    const team = await this.#directory.member("teams", org.id, wish.team);
    const user = await this.#directory.member("users", org.id, wish.user);
    const secret = newApiKey();
    const now = BigInt(this.#now());
    const key: KeyRow = {
      id: newId("key"),
      hash: hashApiKey(secret).toString("hex"),
      display_prefix: apiKeyPrefix(secret),
      name,
      org_id: org.id,
      team_id: team?.id ?? "",
      user_id: user?.id ?? "",
      allowed_models: JSON.stringify(allowedModels),
      created_at_ms: now,
      expires_at_ms: wish.ttlMs === 0n ? 0n : now + wish.ttlMs,
      revoked_at_ms: 0n,
      announced: "",
    };
    if (wish.budgetNanousd !== undefined) {
      await this.#setBudget({ tenantId: org.id, keyId: key.id, limitNanousd: wish.budgetNanousd });
    }
    await this.#store.add(key);
    await this.#announceCreation(key);
    return { key, secret };
  }

  /**
   * Ends a key, by id or display prefix; a second time changes nothing. The fact is durable before this returns.
   * @throws not_found, invalid_request if the prefix fits several keys, overloaded while the bus takes nothing
   */
  async revoke(reference: string): Promise<KeyRow> {
    const found = await this.find(reference);
    await this.#store.revoke(found.id, BigInt(this.#now()));
    const key = await this.find(found.id);
    if (key.announced !== "revoked") await this.#announcer.announce(key);
    return key;
  }

  /** Removes a revoked key for good; for keys that were made for a check only. */
  async forget(id: string): Promise<void> {
    await this.#store.remove(id);
  }

  /** The key with this id or display prefix. @throws not_found, invalid_request if the prefix fits several keys */
  async find(reference: string): Promise<KeyRow> {
    const [key, another] = canName(reference) ? await this.#store.find(reference) : [];
    // A caller may paste the whole key by mistake: never repeat more of it than the part that is shown anyway.
    const shown = reference.startsWith("sk-") ? `${apiKeyPrefix(reference)}…` : reference.slice(0, 80);
    if (key === undefined) {
      throw new SluiceError("not_found", `There is no key "${shown}": give its id or the prefix that the list shows.`, {
        details: { param: "key" },
      });
    }
    if (another === undefined) return key;
    throw new SluiceError("invalid_request", `Several keys begin with "${shown}": give the key's id.`, {
      details: { param: "key" },
    });
  }

  /** Keys in order of creation; ended ones only if asked for. */
  async list(filter: { org: string; includeEnded: boolean }): Promise<KeyRow[]> {
    const org = filter.org === "" ? undefined : await this.#directory.org(filter.org);
    const keys = await this.#store.list(org?.id);
    const now = this.#now();
    return filter.includeEnded ? keys : keys.filter((key) => stateOf(key, now) === "active");
  }

  /** The key with this SHA-256 hash, whatever its state; undefined if there is none. */
  async resolve(hash: Uint8Array): Promise<KeyRow | undefined> {
    if (hash.length !== 32) return undefined;
    const key = await this.#store.byHash(Buffer.from(hash).toString("hex"));
    if (key === undefined) return undefined;
    return timingSafeEqual(Buffer.from(key.hash, "hex"), hash) ? key : undefined;
  }

  /** A key that exists is worth more to its owner than an event about it now: the announcer says it later. */
  async #announceCreation(key: KeyRow): Promise<void> {
    await this.#announcer.announce(key).catch((error: unknown) => this.#announcer.note(key.id, error));
  }
}

function checkAmounts(wish: NewKey): void {
  if (wish.ttlMs < 0n || wish.ttlMs > TTL_MS_MAX) {
    const message = `ttl_ms is ${wish.ttlMs}: give 1 to ${TTL_MS_MAX} (100 years), or 0 for a key that never expires.`;
    throw new SluiceError("invalid_request", message, { details: { param: "ttl_ms" } });
  }
  if (wish.budgetNanousd !== undefined && wish.budgetNanousd < 0n) {
    const message = `budget_nanousd is ${wish.budgetNanousd}: a budget is zero or more.`;
    throw new SluiceError("invalid_request", message, { details: { param: "budget_nanousd" } });
  }
}
