/** An organisation: the tenant of everything below it. */
export interface OrgRow {
  id: string;
  name: string;
  created_at_ms: bigint;
  /** IANA name; empty means UTC. */
  time_zone: string;
}

/** A team or a user of an organisation. */
export interface MemberRow {
  id: string;
  org_id: string;
  name: string;
  created_at_ms: bigint;
}

/** How far the bus knows about a key: nothing, that it was created, that it was revoked. */
export type Announced = "" | "created" | "revoked";

/** An API key; its secret is nowhere, only the secret's hash. */
export interface KeyRow {
  id: string;
  /** SHA-256 of the whole key, hexadecimal. */
  hash: string;
  display_prefix: string;
  name: string;
  org_id: string;
  /** Empty if none. */
  team_id: string;
  /** Empty if none. */
  user_id: string;
  /** JSON array of names or patterns; `[]` means all models. */
  allowed_models: string;
  created_at_ms: bigint;
  /** 0 if never. */
  expires_at_ms: bigint;
  /** 0 if not revoked. */
  revoked_at_ms: bigint;
  announced: Announced;
}

/** How far a session's slice is: none, asked for, reserved, given back (or left to the ledger's own expiry). */
export type SliceState = "" | "opening" | "open" | "closed";

/** A session of a key. */
export interface SessionRow {
  id: string;
  key_id: string;
  org_id: string;
  name: string;
  /** JSON object of decimal texts by unit; `{}` for a session without a slice. */
  amounts: string;
  slice: SliceState;
  created_at_ms: bigint;
  expires_at_ms: bigint;
  /** 0 if not closed. */
  closed_at_ms: bigint;
  /** 1 once the bus knows that it was closed. */
  announced: bigint;
}

/** Something the configuration declares and this service has put in force. */
export interface DeclaredRow {
  /** What it is, unique: kind, tenant, account, unit, window. */
  name: string;
  kind: "budget" | "rate_limit" | "time_zone";
  tenant: string;
  account_kind: string;
  account: string;
  unit: string;
  window: string;
  /** 1 for a soft limit. */
  soft: bigint;
  value: string;
  /** Key of the configuration, e.g. `identity.budgets.0`. */
  source: string;
}

/** Tables of the identity service. */
export interface IdentitySchema {
  orgs: OrgRow;
  teams: MemberRow;
  users: MemberRow;
  keys: KeyRow;
  sessions: SessionRow;
  declared: DeclaredRow;
}
