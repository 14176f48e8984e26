import { SluiceError } from "@sluice/platform/errors";
import { type Account, AccountKind } from "@sluice/proto/common/v1/call_context";
import { type Amount, Unit } from "@sluice/proto/common/v1/money";
import { UNITS, type UnitName } from "./amounts.ts";

/** Kinds of account as the ledger stores them. */
const KINDS = ["org", "team", "user", "key", "session", "model", "label", "provider"] as const;
export type KindName = (typeof KINDS)[number];

/** One account of a tenant. */
export interface AccountRef {
  readonly kind: KindName;
  readonly id: string;
}

const CHAIN_LENGTH_MAX = 16;
const ACCOUNT_ID_LENGTH_MAX = 256;

const TO_PROTO: Readonly<Record<KindName, AccountKind>> = {
  org: AccountKind.ACCOUNT_KIND_ORG,
  team: AccountKind.ACCOUNT_KIND_TEAM,
  user: AccountKind.ACCOUNT_KIND_USER,
  key: AccountKind.ACCOUNT_KIND_KEY,
  session: AccountKind.ACCOUNT_KIND_SESSION,
  model: AccountKind.ACCOUNT_KIND_MODEL,
  label: AccountKind.ACCOUNT_KIND_LABEL,
  provider: AccountKind.ACCOUNT_KIND_PROVIDER,
};
const FROM_PROTO = new Map<AccountKind, KindName>(KINDS.map((kind) => [TO_PROTO[kind], kind]));

const UNIT_TO_PROTO: Readonly<Record<UnitName, Unit>> = {
  nanousd: Unit.UNIT_NANOUSD,
  tokens: Unit.UNIT_TOKENS,
  input_tokens: Unit.UNIT_INPUT_TOKENS,
  output_tokens: Unit.UNIT_OUTPUT_TOKENS,
};
const UNIT_FROM_PROTO = new Map<Unit, UnitName>(UNITS.map((unit) => [UNIT_TO_PROTO[unit], unit]));

/** Accounts kept with their names; the same few are on nearly every hold. */
const KNOWN_MAX = 8_192;
const known = new Map<KindName, Map<string, AccountRef>>();
const keys = new WeakMap<AccountRef, string>();
let knownCount = 0;

/** The one object for an account that was seen before; undefined for others. */
function knownAccount(kind: KindName, id: string): AccountRef | undefined {
  return known.get(kind)?.get(id);
}

function keepAccount(account: AccountRef): AccountRef {
  if (knownCount >= KNOWN_MAX) {
    known.clear();
    knownCount = 0;
  }
  const ids = known.get(account.kind) ?? new Map<string, AccountRef>();
  known.set(account.kind, ids.set(account.id, Object.freeze(account)));
  keys.set(account, keyOf(account));
  knownCount += 1;
  return account;
}

/** The account as contracts spell it. */
export function accountToProto(account: AccountRef): Account {
  return { kind: TO_PROTO[account.kind], id: account.id };
}

/** @throws invalid_request for an unknown kind, the provider's side, or an id that is empty, overlong or no printable text */
export function accountFromProto(account: Account): AccountRef {
  const kind = FROM_PROTO.get(account.kind);
  if (kind === undefined || kind === "provider") {
    throw new SluiceError("invalid_request", `An account of kind ${account.kind} cannot be charged.`);
  }
  const seen = knownAccount(kind, account.id);
  if (seen !== undefined) return seen;
  if (account.id === "" || account.id.length > ACCOUNT_ID_LENGTH_MAX) {
    throw new SluiceError(
      "invalid_request",
      `The id of a ${kind} account has ${account.id.length} characters; 1 to ${ACCOUNT_ID_LENGTH_MAX} are allowed.`,
    );
  }
  // Databases and scripts do not agree on such text: it would be held here and could never be booked there.
  if (!account.id.isWellFormed() || /\p{Cc}/u.test(account.id)) {
    throw new SluiceError("invalid_request", `The id of a ${kind} account contains control or broken characters.`);
  }
  return keepAccount({ kind, id: account.id });
}

/** The accounts of a chain, each once, in order. @throws invalid_request when empty, too long or with a bad account */
export function chainFromProto(accounts: readonly Account[]): readonly AccountRef[] {
  const chain = new Map<string, AccountRef>();
  for (const account of accounts) {
    const reference = accountFromProto(account);
    chain.set(accountKey(reference), reference);
  }
  if (chain.size === 0 || chain.size > CHAIN_LENGTH_MAX) {
    throw new SluiceError(
      "invalid_request",
      `The chain has ${chain.size} accounts; 1 to ${CHAIN_LENGTH_MAX} are allowed.`,
    );
  }
  return [...chain.values()];
}

/** A string that names the account within its tenant. */
export function accountKey(account: AccountRef): string {
  return keys.get(account) ?? keyOf(account);
}

function keyOf({ kind, id }: AccountRef): string {
  return `${kind}:${id}`;
}

export function isKind(kind: string): kind is KindName {
  return (KINDS as readonly string[]).includes(kind);
}

/** The account a key names. @throws internal for a string that is none */
export function accountOfKey(key: string): AccountRef {
  const colon = key.indexOf(":");
  const kind = key.slice(0, colon);
  if (!isKind(kind)) throw new SluiceError("internal", `"${key}" names no account.`);
  const id = key.slice(colon + 1);
  return knownAccount(kind, id) ?? { kind, id };
}

export function unitToProto(unit: UnitName): Unit {
  return UNIT_TO_PROTO[unit];
}

/** @throws invalid_request for a unit that does not exist */
export function unitFromProto(unit: Unit): UnitName {
  const name = UNIT_FROM_PROTO.get(unit);
  if (name === undefined) throw new SluiceError("invalid_request", `Unit ${unit} is unknown.`);
  return name;
}

export function amountToProto(unit: UnitName, value: bigint): Amount {
  return { unit: UNIT_TO_PROTO[unit], value };
}
