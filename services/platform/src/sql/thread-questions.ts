/** What a database's owner on a thread is asked by `threadDialect`. */
export type SqlQuestion =
  | {
      readonly sql: "run";
      readonly text: string;
      readonly parameters: readonly unknown[];
      /** True within the transaction that was begun last. */
      readonly inTransaction: boolean;
    }
  | { readonly sql: "begin" | "commit" | "rollback" };

/** What came of `run`. */
export interface SqlAnswer {
  readonly rows: readonly unknown[];
  readonly changed: bigint | undefined;
}

/** True for questions that are about SQL. */
export function isSqlQuestion(question: object): question is SqlQuestion {
  return "sql" in question;
}
