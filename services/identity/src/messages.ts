import { Account, AccountKind } from "@sluice/proto/common/v1/call_context";
import {
  Key,
  KeyState,
  Org,
  type ResolveKeyResponse,
  Session,
  SessionState,
  Team,
} from "@sluice/proto/identity/v1/identity_service";
import { type State, stateOf } from "./keys/keys.ts";
import { amountsOf } from "./sessions/amounts.ts";
import { type SessionWord, sessionStateOf } from "./sessions/state.ts";
import type { KeyRow, MemberRow, OrgRow, SessionRow } from "./store/schema.ts";

const STATES: Readonly<Record<State, KeyState>> = {
  active: KeyState.KEY_STATE_ACTIVE,
  revoked: KeyState.KEY_STATE_REVOKED,
  expired: KeyState.KEY_STATE_EXPIRED,
};

/** The contract's organisation. */
export function orgMessage(row: OrgRow): Org {
  return Org.create({ id: row.id, name: row.name, createdAtMs: row.created_at_ms, timeZone: row.time_zone });
}

/** The contract's team or user; both have the same fields. */
export function memberMessage(row: MemberRow): Team {
  return Team.create({ id: row.id, orgId: row.org_id, name: row.name });
}

/** The contract's key, without hash or secret. */
export function keyMessage(row: KeyRow, now: number): Key {
  return Key.create({
    id: row.id,
    orgId: row.org_id,
    teamId: row.team_id,
    userId: row.user_id,
    name: row.name,
    displayPrefix: row.display_prefix,
    state: STATES[stateOf(row, now)],
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    revokedAtMs: row.revoked_at_ms,
    allowedModels: allowedModelsOf(row),
  });
}

const SESSION_STATES: Readonly<Record<SessionWord, SessionState>> = {
  open: SessionState.SESSION_STATE_OPEN,
  closed: SessionState.SESSION_STATE_CLOSED,
  expired: SessionState.SESSION_STATE_EXPIRED,
};

/** The contract's session. */
export function sessionMessage(row: SessionRow, now: number): Session {
  return Session.create({
    id: row.id,
    keyId: row.key_id,
    tenantId: row.org_id,
    name: row.name,
    state: SESSION_STATES[sessionStateOf(row, now)],
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    closedAtMs: row.closed_at_ms,
    amounts: amountsOf(row),
  });
}

/** What a door learns about the key whose hash it asked for. */
export function resolvedMessage(row: KeyRow | undefined, now: number): Partial<ResolveKeyResponse> {
  if (row === undefined) return { state: KeyState.KEY_STATE_UNSPECIFIED };
  return {
    state: STATES[stateOf(row, now)],
    keyId: row.id,
    tenantId: row.org_id,
    teamId: row.team_id,
    userId: row.user_id,
    expiresAtMs: row.expires_at_ms,
    accounts: accountsOf(row),
    allowedModels: allowedModelsOf(row),
  };
}

/** Models a key may use; an empty list means all. */
export function allowedModelsOf(row: KeyRow): string[] {
  const parsed: unknown = JSON.parse(row.allowed_models);
  return Array.isArray(parsed) ? parsed.filter((entry) => typeof entry === "string") : [];
}

/** Accounts that every call with a key is charged to. */
export function accountsOf(row: KeyRow): Account[] {
  const chain: Array<[AccountKind, string]> = [
    [AccountKind.ACCOUNT_KIND_ORG, row.org_id],
    [AccountKind.ACCOUNT_KIND_TEAM, row.team_id],
    [AccountKind.ACCOUNT_KIND_USER, row.user_id],
    [AccountKind.ACCOUNT_KIND_KEY, row.id],
  ];
  return chain.flatMap(([kind, id]) => (id === "" ? [] : [Account.create({ kind, id })]));
}
