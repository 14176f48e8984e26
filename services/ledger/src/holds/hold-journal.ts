import { AppendFile, eachLine, LineBuffer, textOf } from "@sluice/platform/journal";
import type { Durability } from "@sluice/platform/sql";
import { type AccountRef, accountKey, accountOfKey } from "../accounts.ts";
import type { Amounts } from "../amounts.ts";
import { detailOf, holdOf, limitsFromText, limitsToText, oldLimits, toRank, toState } from "./hold-record.ts";
import type { AccountView, Hold } from "./types.ts";
import { counterKey, counterOfKey } from "./windows.ts";

/** What an account has spent and may spend. */
export type AccountRow = Pick<AccountView, "tenant" | "account" | "spent" | "limits">;

/** What an account has spent in one instance of a window. */
export interface WindowRow {
  readonly tenant: string;
  readonly account: AccountRef;
  readonly instance: string;
  readonly spent: Amounts;
}

/** Where a step starts from: holds as they were before the journal. */
export type FindHold = (tenant: string, id: string) => Hold | undefined;

/** The state that the steps of a journal lead to, by name. */
export interface Replayed {
  readonly holds: ReadonlyMap<string, Hold>;
  readonly accounts: ReadonlyMap<string, AccountRow>;
  readonly windows: ReadonlyMap<string, WindowRow>;
}

type Field = string | number | boolean | null | readonly string[];

/**
 * The newest steps of the embedded hold store, as lines at the end of a file: a step costs its line there, until many steps together are
 * carried into the tables. Each line says how a hold or an account is afterwards, so that steps can be repeated.
 */
export class HoldJournal {
  readonly #file: AppendFile;
  readonly #lines = new LineBuffer();

  /** @throws overloaded when the disk is full */
  constructor(path: string, durability: Durability) {
    this.#file = new AppendFile(path, durability);
  }

  /** Notes how a hold is now; `before` if an earlier line or the tables have it, and how it was there. */
  addHold(hold: Hold, before: Hold | undefined): void {
    if (before !== undefined && hasOnlyStarted(hold, before)) {
      this.#lines.add(`["started",${JSON.stringify(hold.tenant)},${JSON.stringify(hold.id)}]`);
      return;
    }
    const { amounts, settled, counters } = hold;
    // Printed by hand: there are two such lines to an attempt. Names are texts, everything else needs no escaping.
    const name = `["hold",${JSON.stringify(hold.tenant)},${JSON.stringify(hold.id)},"${hold.state}",${hold.started},${hold.rank}`;
    const figures = `${figuresOf(amounts)},${figuresOf(settled)},${hold.placedAt},${hold.expiresAt},${hold.endedAt}`;
    const detail = before !== undefined ? (counters.length > 0 ? ",null" : "") : `,${JSON.stringify(detailOf(hold))}`;
    this.#lines.add(`${name},${figures}${detail}${counters.length > 0 ? `,${JSON.stringify(counters)}` : ""}]`);
  }

  /** Notes how an account is now. */
  addAccount({ tenant, account, spent, limits }: AccountRow): void {
    const fields: Field[] = [
      ...["account", tenant, accountKey(account)],
      ...[String(spent.nanousd), String(spent.inputTokens), String(spent.outputTokens)],
      limitsToText(limits),
    ];
    this.#lines.add(JSON.stringify(fields));
  }

  /** Notes how a window's counter is now. */
  addWindow({ tenant, account, instance, spent }: WindowRow): void {
    const fields: Field[] = [
      ...["window", tenant, counterKey(instance, account)],
      ...[String(spent.nanousd), String(spent.inputTokens), String(spent.outputTokens)],
    ];
    this.#lines.add(JSON.stringify(fields));
  }

  /** Writes what was noted, all of it or nothing. @throws overloaded when the disk is full */
  write(): void {
    if (!this.#lines.isEmpty) this.#file.append(this.#lines.take());
  }

  /** Forgets all steps: the tables have them. */
  clear(): void {
    if (this.#file.size > 0) this.#file.truncate(0);
  }

  /** Follows the steps of a journal that an ended process left behind. A part of a line at its end was told to nobody. */
  replay(find: FindHold): Replayed {
    const holds = new Map<string, Hold>();
    const accounts = new Map<string, AccountRow>();
    const windows = new Map<string, WindowRow>();
    eachLine(this.#file, 0, (line) => {
      const text = textOf(line);
      if (text === undefined) return false;
      const [kind, tenant = "", ...fields] = JSON.parse(text) as string[];
      const name = `${tenant} ${fields[0]}`;
      if (kind === "account") accounts.set(name, accountOf(tenant, fields));
      else if (kind === "window") windows.set(name, windowOf(tenant, fields));
      else if (kind === "started") {
        const hold = holds.get(name) ?? find(tenant, fields[0] ?? "");
        if (hold !== undefined) holds.set(name, { ...hold, started: true });
      } else {
        const hold = steppedHold(tenant, fields, (id) => holds.get(name) ?? find(tenant, id));
        if (hold !== undefined) holds.set(name, hold);
      }
      return true;
    });
    return { holds, accounts, windows };
  }

  close(): void {
    this.#file.close();
  }
}

/** True if nothing else has changed: every attempt does that once. */
function hasOnlyStarted(hold: Hold, before: Hold): boolean {
  if (!hold.started || before.started || hold.state !== before.state || hold.rank !== before.rank) return false;
  if (hold.amounts !== before.amounts || hold.settled !== before.settled) return false;
  const { placedAt, expiresAt, endedAt, counters } = before;
  if (hold.placedAt !== placedAt || hold.expiresAt !== expiresAt || hold.endedAt !== endedAt) return false;
  return hold.counters === counters;
}

const figuresOf = ({ nanousd, inputTokens, outputTokens }: Amounts): string =>
  `"${nanousd}","${inputTokens}","${outputTokens}"`;

function steppedHold(
  tenant: string,
  fields: readonly Field[],
  find: (id: string) => Hold | undefined,
): Hold | undefined {
  const [id, state, started, rank, ...numbers] = fields;
  const amount = (index: number): bigint => BigInt(String(numbers[index] ?? "0"));
  const changing = {
    id: String(id),
    tenant,
    state: toState(String(state)),
    started: started === true,
    rank: toRank(Number(rank)),
    amounts: { nanousd: amount(0), inputTokens: amount(1), outputTokens: amount(2) },
    settled: { nanousd: amount(3), inputTokens: amount(4), outputTokens: amount(5) },
    placedAt: Number(numbers[6]),
    expiresAt: Number(numbers[7]),
    endedAt: Number(numbers[8]),
  };
  const [detail, counters] = numbers.slice(9);
  const noted = Array.isArray(counters) ? (counters as readonly string[]) : undefined;
  if (typeof detail === "string") return holdOf({ ...changing, counters: noted ?? [] }, detail);
  const before = find(changing.id);
  if (before === undefined) return undefined;
  return { ...before, ...changing, counters: noted ?? (changing.state === "live" ? before.counters : []) };
}

function accountOf(tenant: string, [key = "", ...fields]: readonly (string | null)[]): AccountRow {
  const [nanousd, input, output, ...bounds] = fields;
  const account: AccountRef = accountOfKey(key ?? "");
  // Lines of earlier versions end with one field per unit.
  const limits = bounds.length === 1 ? limitsFromText(String(bounds[0])) : oldLimits(bounds);
  return { tenant, account, spent: amountsOf(nanousd, input, output), limits };
}

function windowOf(tenant: string, [key = "", nanousd, input, output]: readonly (string | null)[]): WindowRow {
  return { tenant, ...counterOfKey(key ?? ""), spent: amountsOf(nanousd, input, output) };
}

function amountsOf(...[nanousd, input, output]: readonly (string | null | undefined)[]): Amounts {
  return { nanousd: BigInt(nanousd ?? 0), inputTokens: BigInt(input ?? 0), outputTokens: BigInt(output ?? 0) };
}
