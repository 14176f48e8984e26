import { AccountKind } from "@sluice/proto/common/v1/call_context";
import { Unit } from "@sluice/proto/common/v1/money";
import { z } from "zod";

/** Account kinds as the door spells them. */
export const ACCOUNT_KINDS = {
  org: AccountKind.ACCOUNT_KIND_ORG,
  team: AccountKind.ACCOUNT_KIND_TEAM,
  user: AccountKind.ACCOUNT_KIND_USER,
  key: AccountKind.ACCOUNT_KIND_KEY,
  session: AccountKind.ACCOUNT_KIND_SESSION,
  model: AccountKind.ACCOUNT_KIND_MODEL,
  label: AccountKind.ACCOUNT_KIND_LABEL,
  provider: AccountKind.ACCOUNT_KIND_PROVIDER,
} as const;

/** Units as the door spells them. */
export const UNITS = {
  nanousd: Unit.UNIT_NANOUSD,
  tokens: Unit.UNIT_TOKENS,
  input_tokens: Unit.UNIT_INPUT_TOKENS,
  output_tokens: Unit.UNIT_OUTPUT_TOKENS,
} as const;

/** Kinds somebody can set a limit on; a provider is the other side of a posting and has none. */
export type AccountKindWord = Exclude<keyof typeof ACCOUNT_KINDS, "provider">;
export type UnitWord = keyof typeof UNITS;

export const accountKindWord = z.enum(["org", "team", "user", "key", "session", "model", "label"]);
export const unitWord = z.enum(["nanousd", "tokens", "input_tokens", "output_tokens"]);

/** Windows a budget may have, as the door and the ledger spell them. */
export const windowWord = z.enum(["total", "hour", "day", "week", "month"]);
/** A yes or no in a query string. */
export const flagWord = z.enum(["true", "false"]).transform((word) => word === "true");

/** A name or id that somebody typed. */
export const reference = z.string().max(200);

/** A moment in milliseconds since the epoch, as a query string carries it. */
export const moment = z
  .string()
  .regex(/^\d{1,15}$/, "must be milliseconds since the epoch")
  .transform(BigInt);

/** An exact amount: a decimal string, because JSON numbers end at 2^53. */
export const amount = z
  .string({ error: 'must be a whole number as a text, like "25000000000"' })
  .regex(/^\d{1,19}$/, "must be a whole number of at most 19 digits, as a string")
  .transform(BigInt)
  .refine((value) => value < 2n ** 63n, "must be below 2^63");

/** The door's word for a value of the contract; "unknown" for one this version does not know. */
export function wordOf(words: Readonly<Record<string, number>>, value: number | undefined): string {
  return Object.entries(words).find(([, known]) => known === value)?.[0] ?? "unknown";
}
