import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type Durability, fromSqliteError, openSqlite } from "@sluice/platform/sql";
import { type AccountRef, accountKey, accountOfKey } from "../accounts.ts";
import { type Amounts, UNITS } from "../amounts.ts";
import type { WindowRow } from "./hold-journal.ts";
import { detailOf, holdOf, limitsFromText, limitsToText, oldLimits, toRank, toState } from "./hold-record.ts";
import type { AccountName, AccountState, Hold, HoldName } from "./types.ts";
import { counterKey, counterOfKey } from "./windows.ts";

const TABLES = `
create table if not exists live_holds (
  tenant text not null, id text not null, started integer not null, nanousd integer not null,
  input_tokens integer not null, output_tokens integer not null, placed_at integer not null, expires_at integer not null,
  detail text not null, primary key (tenant, id)) without rowid;
create table if not exists ended_holds (
  tenant text not null, id text not null, state text not null, started integer not null, rank integer not null,
  nanousd integer not null, input_tokens integer not null, output_tokens integer not null,
  settled_nanousd integer not null, settled_input_tokens integer not null, settled_output_tokens integer not null,
  placed_at integer not null, expires_at integer not null, ended_at integer not null, detail text not null,
  primary key (tenant, id));
create table if not exists accounts (
  tenant text not null, account text not null, nanousd integer not null, input_tokens integer not null,
  output_tokens integer not null, limit_nanousd integer, limit_tokens integer, limit_input_tokens integer,
  limit_output_tokens integer, primary key (tenant, account)) without rowid;
create table if not exists windows (
  tenant text not null, counter text not null, nanousd integer not null, input_tokens integer not null,
  output_tokens integer not null, primary key (tenant, counter)) without rowid;
create table if not exists marks (name text primary key, value text not null) without rowid;
`;

/** Columns that tables of earlier versions do not have. */
const ADDED = [
  { table: "live_holds", column: "counters", type: "text not null default '[]'" },
  { table: "accounts", column: "limits", type: "text" },
] as const;

type Row = Record<string, unknown>;

/** The SQLite file behind the embedded hold store: live holds, ended holds, what accounts have spent, limits. */
export class HoldFile {
  readonly #file: string;
  readonly #database: DatabaseSync;
  readonly #statements: Readonly<Record<StatementName, StatementSync>>;

  /** @throws unavailable when another process holds the file */
  constructor(file: string, durability: Durability) {
    this.#file = file;
    this.#database = openSqlite(file, { exclusive: true, durability });
    this.#database.exec(TABLES);
    addColumns(this.#database);
    this.#statements = prepareAll(this.#database);
  }

  /** Runs writes as one transaction. @throws overloaded when the disk is full; nothing is written then */
  transaction(write: () => void): void {
    try {
      this.#statements.begin.run();
      write();
      this.#statements.commit.run();
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw fromSqliteError(error, this.#file);
    }
  }

  putHold(hold: Hold): void {
    const { amounts, settled } = hold;
    const { tenant, id, state, rank, placedAt, expiresAt, endedAt } = hold;
    const { nanousd, inputTokens, outputTokens } = amounts;
    const started = hold.started ? 1 : 0;
    const detail = detailOf(hold);
    const { putLive, putEnded } = this.#statements;
    if (state === "live") {
      const counters = JSON.stringify(hold.counters);
      putLive.run(tenant, id, started, nanousd, inputTokens, outputTokens, placedAt, expiresAt, detail, counters);
      return;
    }
    const { nanousd: charged, inputTokens: input, outputTokens: output } = settled;
    const held = [nanousd, inputTokens, outputTokens] as const;
    putEnded.run(
      tenant,
      id,
      state,
      started,
      rank,
      ...held,
      charged,
      input,
      output,
      placedAt,
      expiresAt,
      endedAt,
      detail,
    );
  }

  /** Call for a hold that has ended and was here as live. */
  dropLive({ tenant, id }: HoldName): void {
    this.#statements.dropLive.run(tenant, id);
  }

  putAccount(tenant: string, account: AccountRef, state: Pick<AccountState, "spent" | "limits">): void {
    const { spent, limits } = state;
    this.#statements.putAccount.run(
      ...[tenant, accountKey(account), spent.nanousd, spent.inputTokens, spent.outputTokens],
      ...[...UNITS.map(() => null), limitsToText(limits)],
    );
  }

  dropAccount({ tenant, account }: AccountName): void {
    this.#statements.dropAccount.run(tenant, accountKey(account));
  }

  putWindow({ tenant, account, instance, spent }: WindowRow): void {
    const charged = [spent.nanousd, spent.inputTokens, spent.outputTokens];
    this.#statements.putWindow.run(tenant, counterKey(instance, account), ...charged);
  }

  dropWindow({ tenant, account, instance }: Pick<WindowRow, "tenant" | "account" | "instance">): void {
    this.#statements.dropWindow.run(tenant, counterKey(instance, account));
  }

  endedHold(tenant: string, id: string): Hold | undefined {
    const row: Row | undefined = this.#statements.ended.get(tenant, id);
    return row === undefined ? undefined : endedOf(row);
  }

  /** Id of the tenant's last ended hold in the order of ids; empty if there is none. */
  newestEnded(tenant: string): string {
    return String(this.#statements.newestEnded.get(tenant)?.["id"] ?? "");
  }

  liveHold(tenant: string, id: string): Hold | undefined {
    const row: Row | undefined = this.#statements.liveOne.get(tenant, id);
    return row === undefined ? undefined : liveOf(row);
  }

  liveHolds(): Hold[] {
    return this.#statements.live.all().map(liveOf);
  }

  *accounts(): Generator<{ readonly tenant: string; readonly account: AccountRef; readonly state: AccountState }> {
    for (const row of this.#statements.accounts.iterate()) {
      yield { tenant: text(row, "tenant"), account: accountOfKey(text(row, "account")), state: stateOf(row) };
    }
  }

  *windows(): Generator<WindowRow> {
    for (const row of this.#statements.windows.iterate()) {
      yield { tenant: text(row, "tenant"), ...counterOfKey(text(row, "counter")), spent: amounts(row, "") };
    }
  }

  hasMark(name: string): boolean {
    return this.#statements.mark.get(name) !== undefined;
  }

  setMark(name: string): void {
    this.#statements.setMark.run(name, "1");
  }

  /** Forgets at most `most` holds that ended before the moment, in the order they ended; returns how many. */
  forget(before: number, most: number): number {
    return Number(this.#statements.forget.run(most, before).changes);
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

const SQL = {
  begin: "BEGIN IMMEDIATE",
  commit: "COMMIT",
  putLive: "insert or replace into live_holds values (?,?,?,?,?,?,?,?,?,?)",
  dropLive: "delete from live_holds where tenant = ? and id = ?",
  putEnded: `insert into ended_holds values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
    on conflict (tenant, id) do update set state = excluded.state, rank = excluded.rank, settled_nanousd = excluded.settled_nanousd,
    settled_input_tokens = excluded.settled_input_tokens, settled_output_tokens = excluded.settled_output_tokens`,
  putAccount: "insert or replace into accounts values (?,?,?,?,?,?,?,?,?,?)",
  dropAccount: "delete from accounts where tenant = ? and account = ?",
  putWindow: "insert or replace into windows values (?,?,?,?,?)",
  dropWindow: "delete from windows where tenant = ? and counter = ?",
  windows: "select * from windows",
  ended: "select * from ended_holds where tenant = ? and id = ?",
  newestEnded: "select max(id) as id from ended_holds where tenant = ?",
  liveOne: "select * from live_holds where tenant = ? and id = ?",
  live: "select * from live_holds",
  accounts: "select * from accounts",
  mark: "select value from marks where name = ?",
  setMark: "insert or replace into marks values (?,?)",
  forget: `delete from ended_holds where rowid in
    (select rowid from (select rowid, ended_at from ended_holds order by rowid limit ?) where ended_at < ?)`,
} as const;
type StatementName = keyof typeof SQL;

function prepareAll(database: DatabaseSync): Record<StatementName, StatementSync> {
  const names = Object.keys(SQL) as StatementName[];
  return Object.fromEntries(names.map((name) => [name, database.prepare(SQL[name])])) as Record<
    StatementName,
    StatementSync
  >;
}

function text(row: Row, column: string): string {
  return String(row[column]);
}

function integer(row: Row, column: string): bigint {
  const value = row[column];
  return typeof value === "bigint" ? value : 0n;
}

function amounts(row: Row, prefix: "" | "settled_"): Amounts {
  return {
    nanousd: integer(row, `${prefix}nanousd`),
    inputTokens: integer(row, `${prefix}input_tokens`),
    outputTokens: integer(row, `${prefix}output_tokens`),
  };
}

function endedOf(row: Row): Hold {
  const fields = {
    id: text(row, "id"),
    tenant: text(row, "tenant"),
    state: toState(text(row, "state")),
    started: integer(row, "started") === 1n,
    rank: toRank(integer(row, "rank")),
    amounts: amounts(row, ""),
    settled: amounts(row, "settled_"),
    placedAt: Number(integer(row, "placed_at")),
    expiresAt: Number(integer(row, "expires_at")),
    endedAt: Number(integer(row, "ended_at")),
    counters: row["counters"] === undefined ? [] : (JSON.parse(text(row, "counters")) as string[]),
  };
  return holdOf(fields, text(row, "detail"));
}

function liveOf(row: Row): Hold {
  return endedOf({ ...row, state: "live", rank: 0n });
}

function stateOf(row: Row): AccountState {
  const written = row["limits"];
  const limits =
    typeof written === "string" ? limitsFromText(written) : oldLimits(UNITS.map((unit) => row[`limit_${unit}`]));
  const none = { nanousd: 0n, inputTokens: 0n, outputTokens: 0n };
  return { limits, spent: amounts(row, ""), held: none, openHolds: 0 };
}

function addColumns(database: DatabaseSync): void {
  for (const { table, column, type } of ADDED) {
    const present = database.prepare(`select 1 from pragma_table_info('${table}') where name = ?`).get(column);
    if (present === undefined) database.exec(`alter table ${table} add column ${column} ${type}`);
  }
}
