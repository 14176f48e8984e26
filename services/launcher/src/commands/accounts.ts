import { UsageError } from "./failure.ts";
import { keyReference } from "./keys.ts";

/** Kinds of accounts a limit can be set on. */
export const KINDS: readonly string[] = ["org", "team", "user", "key", "session", "model", "label"];

/** What the help says of the two arguments that name an account. */
export const ACCOUNT_HELP = {
  kind: `one of ${KINDS.join(", ")}`,
  account: "name or id; a model as provider/model",
} as const;

/** @throws UsageError for what is no kind of account */
export function checkKind(kind: string): string {
  if (KINDS.includes(kind)) return kind;
  throw new UsageError(`"${kind}" is no kind of account: choose one of ${KINDS.join(", ")}.`);
}

/** What somebody typed to name an account: of a whole key only the part that lists show is sent or repeated. */
export function accountReference(kind: string, account: string): string {
  return kind === "key" ? keyReference(account) : account;
}

/** An account in one word, like `team:core`; `org` alone is the only organisation. @throws UsageError */
export function parseAccount(text: string): { kind: string; account: string } {
  const colon = text.indexOf(":");
  if (colon < 0 && text !== "org") throw new UsageError(`"${text}" is no account: write it like team:core.`);
  const kind = checkKind(colon < 0 ? text : text.slice(0, colon));
  return { kind, account: colon < 0 ? "" : accountReference(kind, text.slice(colon + 1)) };
}
