import { SluiceError } from "@sluice/platform/errors";
import type { Logger } from "@sluice/platform/log";
import type { DeclaredStore } from "../store/declared-store.ts";
import type { DeclaredRow } from "../store/schema.ts";
import type { Enforcement } from "./enforce.ts";
import { type Lookup, resolveDeclarations } from "./resolve.ts";
import { type DeclaredThing, nameOf } from "./row.ts";
import type { DeclaredConfig } from "./schema.ts";

/** What applying a configuration did with one thing that it declares, or declared once. */
export interface DeclaredChange {
  readonly change: "set" | "removed" | "unchanged";
  readonly row: DeclaredRow;
  /** Value that was in force before; undefined if there was none. */
  readonly before: string | undefined;
}

/** Codes of failures that pass by themselves. */
const PASSING: ReadonlySet<string> = new Set(["unavailable", "timeout", "overloaded", "cancelled"]);

/**
 * Budgets, rate limits and time zones that the configuration declares: they are put in force, changed and removed with it, and nobody
 * changes them by command. What was set by command and is not declared is left alone.
 */
export class Declarations {
  readonly #store: DeclaredStore;
  readonly #lookup: Lookup;
  readonly #enforcement: Enforcement;
  readonly #log: Logger;
  readonly #retryMs: number;
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #waiting: string | undefined;
  /** How many configurations were put in force: one that waits is forgotten when a newer one stands. */
  #applied = 0;

  constructor(parts: {
    store: DeclaredStore;
    lookup: Lookup;
    enforcement: Enforcement;
    log: Logger;
    retryMs: number;
  }) {
    this.#store = parts.store;
    this.#lookup = parts.lookup;
    this.#enforcement = parts.enforcement;
    this.#log = parts.log;
    this.#retryMs = parts.retryMs;
  }

  /** Why what is declared does not stand yet; undefined once it does. */
  get waiting(): string | undefined {
    return this.#waiting;
  }

  /**
   * Puts the declarations of a start in force. While the ledger is away this goes on by itself.
   * @throws invalid_request naming every key that cannot be put in force
   */
  async start(config: DeclaredConfig): Promise<void> {
    const applied = this.#applied;
    try {
      await this.#inTurn(async () => (this.#applied === applied ? await this.#apply(config) : []));
    } catch (thrown) {
      const error = SluiceError.from(thrown);
      if (!PASSING.has(error.code)) throw error;
      this.#waiting = `The declared budgets are not in force yet: ${error.message}`;
      this.#log.warn({ error_code: error.code, err: error }, "declared budgets wait for the ledger");
      this.#retryLater(config);
    }
  }

  /**
   * Makes the declarations those of this configuration; what is in force already is not touched. One after the other.
   * @throws invalid_request naming every key at fault, before anything is changed; whatever the ledger throws
   */
  async apply(config: DeclaredConfig): Promise<readonly DeclaredChange[]> {
    return await this.#inTurn(() => this.#apply(config));
  }

  /** Everything declared that stands. */
  async list(): Promise<readonly DeclaredRow[]> {
    return await this.#store.all();
  }

  /** Refuses to change by command what the configuration declares. @throws conflict naming the key of the configuration */
  async refuseDeclared(thing: DeclaredThing): Promise<void> {
    const row = await this.#store.find(nameOf(thing));
    if (row === undefined) return;
    throw new SluiceError(
      "conflict",
      `This is declared by the configuration (${row.source}): change it there, then run \`sluice config apply\`.`,
      { details: { facts: { source: row.source } } },
    );
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return await mine;
  }

  async #apply(config: DeclaredConfig): Promise<readonly DeclaredChange[]> {
    const changes = await this.#change(config);
    this.#applied += 1;
    this.#waiting = undefined;
    clearTimeout(this.#timer);
    return changes;
  }

  async #change(config: DeclaredConfig): Promise<readonly DeclaredChange[]> {
    const known = await this.#store.all();
    const wanted = await resolveDeclarations(config, this.#lookup);
    if (wanted.length === 0 && known.length === 0) return [];
    const names = new Set(wanted.map((row) => row.name));
    const gone = known.filter((row) => !names.has(row.name));
    const inForce = await this.#enforcement.inForce(wanted);
    const changes: DeclaredChange[] = [];
    // The ledger first: a crash in between leaves something in force that the next start finds and remembers.
    for (const row of wanted) {
      const before = inForce.get(row.name);
      const same = before === row.value;
      if (!same) await this.#enforcement.set(row);
      await this.#store.put(row);
      changes.push({ change: same ? "unchanged" : "set", row, before });
    }
    for (const row of gone) {
      await this.#enforcement.remove(row);
      await this.#store.remove(row.name);
      changes.push({ change: "removed", row, before: row.value });
    }
    this.#say(changes, new Set(known.map((row) => row.name)));
    return changes;
  }

  #say(changes: readonly DeclaredChange[], known: ReadonlySet<string>): void {
    for (const { change, row, before } of changes) {
      if (change === "unchanged") continue;
      const facts = { source: row.source, tenant_id: row.tenant, account: `${row.account_kind}:${row.account}` };
      const replaced = change === "set" && before !== undefined && before !== "" && !known.has(row.name);
      if (replaced) this.#log.warn(facts, "a declaration replaces what was set by command");
      else this.#log.info(facts, change === "set" ? "declaration put in force" : "declaration removed");
    }
  }

  #retryLater(config: DeclaredConfig): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.start(config).catch((error: unknown) => {
        this.#waiting = SluiceError.from(error).message;
        this.#log.error({ err: SluiceError.from(error) }, "the declared budgets cannot be put in force");
      });
    }, this.#retryMs);
    this.#timer.unref();
  }
}
