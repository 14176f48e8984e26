import type { DatabaseSync } from "node:sqlite";
import { SluiceError } from "../errors/index.ts";
import { fromSqliteError } from "../sql/index.ts";

interface Job {
  apply(): unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

export interface GroupCommitOptions {
  readonly database: DatabaseSync;
  /** Named in errors. */
  readonly file: string;
  /** Puts memory back to what the file says after a rollback. */
  readonly onRollback: () => void;
  /** Runs after each commit, before the callers learn of it. */
  readonly onCommit: () => void;
}

/** Writes per transaction; more would block the event loop for milliseconds. */
const JOBS_PER_COMMIT = 512;
/** Writes waiting for their turn; only a process that never yields to the event loop can reach it. */
const JOBS_WAITING_MAX = 50_000;

/**
 * Collects the writes of one turn of the event loop into one transaction: a commit costs several times a row.
 * A caller's promise resolves after the commit that holds its write.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #begin;
  readonly #commit;
  #jobs: Job[] = [];
  #scheduled = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    this.#begin = options.database.prepare("BEGIN IMMEDIATE");
    this.#commit = options.database.prepare("COMMIT");
  }

  /**
   * Runs `apply` (synchronous, statements only) inside the next commit.
   * @throws overloaded when the disk, the file's bound or the queue is full.
   */
  run<T>(apply: () => T): Promise<T> {
    if (this.#jobs.length >= JOBS_WAITING_MAX) {
      const text = `${JOBS_WAITING_MAX} writes wait for ${this.#options.file}; slow down.`;
      return Promise.reject(new SluiceError("overloaded", text));
    }
    return new Promise<T>((resolve, reject) => {
      this.#jobs.push({ apply, resolve: resolve as (result: unknown) => void, reject });
      this.#schedule();
    });
  }

  /** Writes what is waiting, now. */
  flush(): void {
    while (this.#jobs.length > 0) this.#flushSome();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#jobs.length > 0) this.#flushSome();
      if (this.#jobs.length > 0) this.#schedule();
    });
  }

  #flushSome(): void {
    const jobs = this.#jobs.length > JOBS_PER_COMMIT ? this.#jobs.splice(0, JOBS_PER_COMMIT) : this.#jobs;
    if (jobs === this.#jobs) this.#jobs = [];
    const error = this.#transact(jobs);
    if (error === undefined) return;
    // One write that cannot be done must not take the others with it.
    if (jobs.length === 1) jobs[0]?.reject(error);
    else for (const job of jobs) this.#alone(job);
  }

  #alone(job: Job): void {
    const error = this.#transact([job]);
    if (error !== undefined) job.reject(error);
  }

  #transact(jobs: readonly Job[]): unknown {
    const { database, file, onRollback, onCommit } = this.#options;
    if (!database.isOpen) return new SluiceError("unavailable", `${file} is closed.`);
    const results: unknown[] = [];
    try {
      this.#begin.run();
      for (const job of jobs) results.push(job.apply());
      this.#commit.run();
    } catch (error) {
      // SQLite has rolled back by itself after a full disk.
      if (database.isTransaction) database.exec("ROLLBACK");
      onRollback();
      return fromSqliteError(error, file) ?? new Error("write failed");
    }
    onCommit();
    for (const [index, job] of jobs.entries()) job.resolve(results[index]);
    return undefined;
  }
}
