import { setTimeout as pause } from "node:timers/promises";
import type { PrintedEvent } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import { type AccountRef, accountOfKey } from "../accounts.ts";
import type { Amounts } from "../amounts.ts";
import { RANK, type Settlement } from "../holds/types.ts";
import { chainText, type PostingHead } from "../postings.ts";
import type { SettlementOptions } from "../settlement.ts";
import { type BulkValue, bulkInsert, textList } from "../store/bulk.ts";
import { Rows } from "../store/rows.ts";
import type { UnsettledTable } from "../store/schema.ts";
import { type Into, takeTurn, writeRows } from "../store/write-rows.ts";

/** A compensating entry. */
export interface Correction {
  readonly kind: "rerated" | "reconciliation";
  readonly head: PostingHead;
  /** What is charged more; negative gives back. */
  readonly amounts: Amounts;
  readonly accounts: readonly AccountRef[];
  /** Epoch milliseconds of what is corrected: its windows are corrected too. */
  readonly startedAt: number;
}

interface Written {
  /** Of each posting. */
  readonly kinds: readonly Correction["kind"][];
  readonly outboxId: bigint | undefined;
  readonly events: readonly PrintedEvent[];
  readonly unsettled: readonly UnsettledTable[];
}

const UNSETTLED_COLUMNS = {
  id: "text",
  tenant: "text",
  accounts: "text",
  nanousd: "bigint",
  input_tokens: "bigint",
  output_tokens: "bigint",
  started_at_ms: "bigint",
  posted_at_ms: "bigint",
  hold_epoch: "bigint",
} as const;
const PENDING_AT_ONCE = 1_000;
/** Transactions that may wait for the bus, with all their events in memory, before no more are added. */
const OUTBOX_MAX = 1_000;
const OUTBOX_LOOK_MS = 20;
const PATIENCE_MS = 10_000;

/**
 * Posts compensating entries: into the books in one transaction, then to the counters that are enforced. What a crash leaves undone
 * between the two is noted in the books, and done later.
 */
export class Corrections {
  readonly #options: SettlementOptions;
  readonly #patienceMs: number;

  /** `patienceMs` is how long an entry waits for the bus to take earlier ones. */
  constructor(options: SettlementOptions, patienceMs = PATIENCE_MS) {
    this.#options = options;
    this.#patienceMs = patienceMs;
  }

  /**
   * Posts what `choose` returns; it is asked when it is this writer's turn, so that it sees everything posted so far. `starts` are the
   * moments (epoch milliseconds) that entries may belong to. Returns how many were posted.
   * @throws unavailable while too much waits for the bus
   */
  async post(starts: readonly number[], choose: (into: Into) => Promise<readonly Correction[]>): Promise<number> {
    const { months, outbox, turns, metrics } = this.#options;
    await this.#roomInOutbox();
    await months.ensure(starts);
    return await turns.take(async () => {
      await this.#settleLeft();
      const { kinds, outboxId, events, unsettled } = await this.#write(choose);
      if (outboxId !== undefined) outbox.add(outboxId, events);
      await this.#settle(unsettled);
      for (const kind of kinds) metrics.posted[kind].add();
      return kinds.length;
    });
  }

  async #roomInOutbox(): Promise<void> {
    const { outbox } = this.#options;
    for (let waited = 0; outbox.waiting >= OUTBOX_MAX; waited += OUTBOX_LOOK_MS) {
      if (waited >= this.#patienceMs) {
        const what = `${outbox.waiting} transactions wait for the bus; nothing more is posted until it has taken them`;
        throw new SluiceError("unavailable", `${what}. Repeat this then: what is posted already is not posted again.`);
      }
      await pause(OUTBOX_LOOK_MS);
    }
  }

  /** Tells the counters of entries that they could not be told of: a process died, or they were away. */
  async settlePending(): Promise<void> {
    await this.#options.turns.take(() => this.#settleLeft());
  }

  async #settleLeft(): Promise<void> {
    for (;;) {
      const rows = await this.#options.database.db.selectFrom("unsettled").selectAll().limit(PENDING_AT_ONCE).execute();
      await this.#settle(rows);
      if (rows.length < PENDING_AT_ONCE) return;
    }
  }

  /** Forgets them: the counters have just been set to the books, where they are. */
  async forgetPending(): Promise<void> {
    await this.#options.database.db.deleteFrom("unsettled").execute();
  }

  async #write(choose: (into: Into) => Promise<readonly Correction[]>): Promise<Written> {
    const { database, budgets } = this.#options;
    return await database.db.transaction().execute(async (db): Promise<Written> => {
      const turn = await takeTurn(db);
      const into = { kind: database.kind, db };
      const corrections = await choose(into);
      const [first] = corrections;
      if (first === undefined) return { kinds: [], outboxId: undefined, events: [], unsettled: [] };
      const rows = new Rows(turn.postings);
      const unsettled = corrections.map((correction) => {
        const { head, kind, amounts } = correction;
        return unsettledRow(rows.post(head, { kind, amounts, overrun: false }, correction), correction, turn.holdEpoch);
      });
      await bulkInsert(into, { table: "unsettled", columns: UNSETTLED_COLUMNS, rows: unsettled.map(valuesOf) });
      const events = await writeRows(into, rows, { budgets, turn, at: first.head.at });
      return { kinds: corrections.map(({ kind }) => kind), outboxId: turn.outbox, events, unsettled };
    });
  }

  /**
   * Each entry is a hold of its own in the eyes of the counters, which are told of it once whatever is repeated. Those that were filled from
   * the books under a later epoch have it already.
   */
  async #settle(rows: readonly UnsettledTable[]): Promise<void> {
    if (rows.length === 0) return;
    const { database, store } = this.#options;
    const ids = textList(
      database.kind,
      rows.map(({ id }) => id),
    );
    await store.settle(rows.map(settlementOf));
    await database.db.deleteFrom("unsettled").where("id", "in", ids).execute();
  }
}

function unsettledRow(
  id: string,
  { head, amounts, accounts, startedAt }: Correction,
  holdEpoch: bigint,
): UnsettledTable {
  return {
    id,
    tenant: head.tenant,
    accounts: chainText(accounts),
    nanousd: amounts.nanousd,
    input_tokens: amounts.inputTokens,
    output_tokens: amounts.outputTokens,
    started_at_ms: BigInt(startedAt),
    posted_at_ms: BigInt(head.at),
    hold_epoch: holdEpoch,
  };
}

function valuesOf(row: UnsettledTable): BulkValue[] {
  const { id, tenant, accounts, nanousd, input_tokens, output_tokens, started_at_ms, posted_at_ms, hold_epoch } = row;
  return [id, tenant, accounts, nanousd, input_tokens, output_tokens, started_at_ms, posted_at_ms, hold_epoch];
}

function settlementOf(row: UnsettledTable): Settlement {
  return {
    id: row.id,
    tenant: row.tenant,
    total: { nanousd: row.nanousd, inputTokens: row.input_tokens, outputTokens: row.output_tokens },
    rank: RANK.metered,
    ending: "settled",
    at: Number(row.posted_at_ms),
    chargeUnknown: (JSON.parse(row.accounts) as string[]).map(accountOfKey),
    startedAt: Number(row.started_at_ms),
    bookedUnder: row.hold_epoch,
  };
}
