import { SluiceError } from "@sluice/platform/errors";
import { newId } from "@sluice/platform/ids";
import type { Amount } from "@sluice/proto/common/v1/money";
import type { AccountBalance } from "@sluice/proto/ledger/v1/ledger_service";
import type { Directory } from "../directory/directory.ts";
import { canName, checkName } from "../directory/names.ts";
import { type Keys, stateOf } from "../keys/keys.ts";
import type { KeyRow, SessionRow } from "../store/schema.ts";
import type { SessionStore } from "../store/session-store.ts";
import { storedAmounts } from "./amounts.ts";
import type { SessionEnder } from "./ender.ts";
import type { SessionLedger } from "./ledger.ts";

const LISTED_MAX = 1000;
/** Codes with which the ledger says that it has reserved nothing. */
const REFUSALS: ReadonlySet<string> = new Set(["budget_exhausted", "budget_held", "invalid_request"]);

/** Bounds that configuration sets. */
export interface SessionLimits {
  readonly ttlMsMax: number;
  readonly perKeyMax: number;
}

/** What somebody asks for when opening a session. */
export interface NewSession {
  /** Key by id or display prefix. */
  readonly key: string;
  readonly name: string;
  /** Size of the slice; empty for a session that only groups calls. */
  readonly amounts: readonly Amount[];
  readonly ttlMs: bigint;
}

/** The life of sessions. Safe to call concurrently. */
export class Sessions {
  readonly #store: SessionStore;
  readonly #keys: Keys;
  readonly #directory: Directory;
  readonly #ledger: SessionLedger;
  readonly #ender: SessionEnder;
  readonly #limits: SessionLimits;
  readonly #now: () => number;
  /** The last opening of each key that has one under way: openings of one key are counted one after the other. */
  readonly #opening = new Map<string, Promise<unknown>>();

  constructor(parts: {
    store: SessionStore;
    keys: Keys;
    directory: Directory;
    ledger: SessionLedger;
    ender: SessionEnder;
    limits: SessionLimits;
    now?: () => number;
  }) {
    this.#store = parts.store;
    this.#keys = parts.keys;
    this.#directory = parts.directory;
    this.#ledger = parts.ledger;
    this.#ender = parts.ender;
    this.#limits = parts.limits;
    this.#now = parts.now ?? Date.now;
  }

  /**
   * Opens a session of a key; with amounts, they are reserved on every account of the key before this returns.
   * @throws invalid_request, not_found, forbidden for an ended key, budget_exhausted and budget_held without room for the slice
   */
  async open(wish: NewSession): Promise<SessionRow> {
    const name = wish.name === "" ? "" : checkName(wish.name);
    const amounts = storedAmounts(wish.amounts);
    this.#checkLife(wish.ttlMs);
    const key = await this.#keys.find(wish.key);
    const now = this.#now();
    if (stateOf(key, now) !== "active") {
      throw new SluiceError("forbidden", `The key ${key.id} is ${stateOf(key, now)}: a session needs an active one.`, {
        details: { param: "key" },
      });
    }
    const row: SessionRow = {
      id: newId("ses"),
      key_id: key.id,
      org_id: key.org_id,
      name,
      amounts,
      slice: wish.amounts.length === 0 ? "" : "opening",
      created_at_ms: BigInt(now),
      expires_at_ms: earlier(BigInt(now) + wish.ttlMs, key.expires_at_ms),
      closed_at_ms: 0n,
      announced: 0n,
    };
    await this.#inTurn(key.id, () => this.#addWithin(row));
    return row.slice === "" ? row : await this.#withSlice(row, key);
  }

  /** The session with this id, whatever its state; undefined if there is none. */
  async find(id: string): Promise<SessionRow | undefined> {
    if (!id.startsWith("ses_") || id.length > 40 || !canName(id)) return undefined;
    const row = await this.#store.find(id);
    return row?.slice === "opening" ? undefined : row;
  }

  /** The session with this id; an empty key means any. @throws not_found, also for another key's session */
  async of(id: string, keyId: string): Promise<SessionRow> {
    const row = await this.find(id);
    if (row !== undefined && (keyId === "" || row.key_id === keyId)) return row;
    throw new SluiceError("not_found", `There is no session "${id.slice(0, 40)}" of this key.`, {
      details: { param: "session" },
    });
  }

  /** What sessions have spent and hold. */
  async balances(rows: readonly SessionRow[]): Promise<readonly AccountBalance[]> {
    const tenants = [...new Set(rows.map((row) => row.org_id))];
    const answers = tenants.map((tenant) => {
      const ids = rows.filter((row) => row.org_id === tenant).map((row) => row.id);
      return this.#ledger.balances(tenant, ids);
    });
    return (await Promise.all(answers)).flat();
  }

  /**
   * Ends a session; a second time changes nothing. The fact is durable before this returns.
   * @throws not_found, and what the ledger or the bus throw; the closing is then completed by itself
   */
  async close(id: string, keyId: string): Promise<{ session: SessionRow; draining: boolean }> {
    const found = await this.of(id, keyId);
    await this.#store.close(found.id, BigInt(this.#now()));
    const draining = await this.#ender.end(await this.of(id, keyId));
    return { session: await this.of(id, keyId), draining };
  }

  /** Ends the sessions of keys that were revoked, as soon as it can; an open slice would keep money for nobody. */
  async closeOfRevokedKeys(): Promise<void> {
    await this.#ender.sweep();
  }

  /** Sessions in order of their opening, the newest 1,000; ended ones only if asked for. */
  async list(filter: { org: string; key: string; includeEnded: boolean }): Promise<SessionRow[]> {
    const key = filter.key === "" ? undefined : await this.#keys.find(filter.key);
    const org = filter.org === "" ? undefined : await this.#directory.org(filter.org);
    const openAt = filter.includeEnded ? undefined : BigInt(this.#now());
    return await this.#store.list({ orgId: org?.id, keyId: key?.id, openAt, limit: LISTED_MAX });
  }

  #checkLife(ttlMs: bigint): void {
    const { ttlMsMax } = this.#limits;
    if (ttlMs > 0n && ttlMs <= BigInt(ttlMsMax)) return;
    const message = `The life of the session is ${ttlMs} ms: give 1 to ${ttlMsMax} ms (identity.session_ttl_max_ms).`;
    throw new SluiceError("invalid_request", message, { details: { param: "ttl" } });
  }

  async #addWithin(row: SessionRow): Promise<void> {
    const open = await this.#store.openOf(row.key_id, row.created_at_ms);
    if (open >= this.#limits.perKeyMax) {
      throw new SluiceError(
        "rate_limited",
        `The key has ${open} open sessions and may have ${this.#limits.perKeyMax} (identity.sessions_per_key_max): close some.`,
      );
    }
    await this.#store.add(row);
  }

  /** The row stands before the slice, so that a crash in between leaves something that says what to give back. */
  async #withSlice(row: SessionRow, key: KeyRow): Promise<SessionRow> {
    try {
      await this.#ledger.openSlice(row, key);
    } catch (thrown) {
      const error = SluiceError.from(thrown);
      // A refusal reserved nothing. Any other failure may have: the row stays until its slice is known to be closed.
      if (REFUSALS.has(error.code)) await this.#store.remove(row.id);
      throw error;
    }
    await this.#store.setSlice(row.id, "open");
    const kept = await this.#store.find(row.id);
    if (kept !== undefined && kept.closed_at_ms === 0n) return kept;
    await this.#ender.end(kept ?? { ...row, slice: "open" });
    throw new SluiceError("forbidden", `The key ${row.key_id} was revoked while its session was opened.`, {
      details: { param: "key" },
    });
  }

  async #inTurn(keyId: string, work: () => Promise<void>): Promise<void> {
    const before = this.#opening.get(keyId) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#opening.set(keyId, mine);
    await mine.finally(() => {
      if (this.#opening.get(keyId) === mine) this.#opening.delete(keyId);
    });
  }
}

function earlier(moment: bigint, keyExpiry: bigint): bigint {
  return keyExpiry > 0n && keyExpiry < moment ? keyExpiry : moment;
}
