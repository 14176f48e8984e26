import type { Fact } from "../postings.ts";
import { type AppliedBatch, applyFacts, type Books } from "../store/apply.ts";
import { writeOutcomes } from "../store/outcomes.ts";
import type { OutcomesTable } from "../store/schema.ts";

/** Who writes facts into the books. */
export interface BookKeeper {
  /** Applies facts in order in one transaction, as `applyFacts` does. */
  apply(facts: readonly Fact[]): Promise<AppliedBatch>;
  /** Notes what became of requests, as `writeOutcomes` does. */
  noteOutcomes(outcomes: readonly OutcomesTable[]): Promise<void>;
}

/** Writes on this thread: where the work is done by a database server. */
export class OwnKeeper implements BookKeeper {
  readonly #books: Books;

  constructor(books: Books) {
    this.#books = books;
  }

  apply(facts: readonly Fact[]): Promise<AppliedBatch> {
    return applyFacts(this.#books, facts);
  }

  noteOutcomes(outcomes: readonly OutcomesTable[]): Promise<void> {
    return writeOutcomes(this.#books.database, outcomes);
  }
}
