/** An organisation: the tenant of everything below it. */
export interface OrgRow {
  id: string;
  name: string;
  created_at_ms: bigint;
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

/** Tables of the identity service. */
export interface IdentitySchema {
  orgs: OrgRow;
  teams: MemberRow;
  users: MemberRow;
  keys: KeyRow;
}
