import { SluiceError } from "@sluice/platform/errors";
import { dayOf } from "./days.ts";

const ACCOUNT_DIMENSIONS = ["org", "team", "user", "key", "session"] as const;
const PLAIN_DIMENSIONS = ["provider", "model", "task", "day"] as const;
const TAG_PREFIX = "tag:";
const TAG_LENGTH_MAX = 128;
const DIMENSIONS_MAX = 8;

/** What rows are summed by if nothing is asked for. */
const DEFAULT = ["provider", "model"];

/** Columns a dimension reads; rows are summed by them before anything is made of them. */
export type GroupColumn = "provider" | "model" | "accounts" | "task" | "tags" | "slot";

/** What stands in the columns of a sum. Columns that no dimension reads are empty. */
export interface GroupRow {
  readonly provider: string;
  readonly model: string;
  readonly accounts: string;
  readonly task: string;
  readonly tags: string;
  /** Quarter hours since the epoch. */
  readonly slot: bigint;
}

/** Something to sum by. */
export interface Dimension {
  readonly name: string;
  readonly column: GroupColumn;
  /** Its value; empty where an attempt has none. `zone` is the tenant's time zone. */
  value(row: GroupRow, zone: string): string;
}

/**
 * The dimensions of a report, in the order asked for.
 * @throws invalid_request for a word that is no dimension, one that is given twice, or too many
 */
export function dimensionsOf(words: readonly string[]): readonly Dimension[] {
  const names = words.length === 0 ? DEFAULT : words;
  if (names.length > DIMENSIONS_MAX) {
    throw new SluiceError(
      "invalid_request",
      `by names ${names.length} dimensions; at most ${DIMENSIONS_MAX} are possible.`,
    );
  }
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw new SluiceError("invalid_request", `by names "${repeated.slice(0, 60)}" twice.`);
  return names.map(dimensionOf);
}

function dimensionOf(name: string): Dimension {
  const kind = ACCOUNT_DIMENSIONS.find((each) => each === name);
  if (kind !== undefined) return { name, column: "accounts", value: ({ accounts }) => accountIn(accounts, kind) };
  if (name.startsWith(TAG_PREFIX) && name.length > TAG_PREFIX.length && name.length <= TAG_LENGTH_MAX) {
    const tag = name.slice(TAG_PREFIX.length);
    return { name, column: "tags", value: ({ tags }) => tagIn(tags, tag) };
  }
  switch (PLAIN_DIMENSIONS.find((each) => each === name)) {
    case "provider":
      return { name, column: "provider", value: ({ provider }) => provider };
    case "model":
      return { name, column: "model", value: ({ model }) => model };
    case "task":
      return { name, column: "task", value: ({ task }) => task };
    case "day":
      return { name, column: "slot", value: ({ slot }, zone) => dayOf(slot, zone) };
    case undefined: {
      const known = [...ACCOUNT_DIMENSIONS, ...PLAIN_DIMENSIONS].join(", ");
      throw new SluiceError(
        "invalid_request",
        `by: "${name.slice(0, 60)}" is no dimension; those are ${known} and tag:<name>.`,
      );
    }
  }
}

/** Id of the account of a kind in the stored form of a chain; a chain has at most one of each kind that is summed by. */
function accountIn(accounts: string, kind: string): string {
  const prefix = `${kind}:`;
  return (
    keysOf(accounts)
      .find((key) => key.startsWith(prefix))
      ?.slice(prefix.length) ?? ""
  );
}

function keysOf(accounts: string): readonly string[] {
  return accounts === "" ? [] : (JSON.parse(accounts) as string[]);
}

function tagIn(tags: string, name: string): string {
  if (tags === "") return "";
  const known = JSON.parse(tags) as Readonly<Record<string, string>>;
  return Object.hasOwn(known, name) ? (known[name] ?? "") : "";
}
