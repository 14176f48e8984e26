import type { PrintedEvent } from "@sluice/platform/bus";
import type { SqliteDatabaseOptions, SqlQuestion } from "@sluice/platform/sql";
import type { Decision, Fact } from "../postings.ts";
import type { OutcomesTable } from "../store/schema.ts";

/** What the thread of the books is started with. */
export interface BooksData {
  readonly database: SqliteDatabaseOptions;
  /** Shares of limits that are told when they are passed. */
  readonly percents: readonly number[];
}

/** What it is asked: SQL, or to write something into the books. */
export type BooksQuestion =
  | SqlQuestion
  | { readonly facts: readonly Fact[] }
  | { readonly outcomes: readonly OutcomesTable[] };

/** What became of facts, in a form that is cheap to copy. */
export interface BooksAnswer {
  /** One per fact; undefined if the books had nothing about its attempt: then anybody can tell the decision. */
  readonly decisions: readonly (Decision | undefined)[];
  readonly outboxId: bigint | undefined;
  readonly events: readonly PrintedEvent[];
  readonly holdEpoch: bigint;
}
