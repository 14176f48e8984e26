import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { readBills } from "./bill-file.ts";

/** How a request ended: served, cut by us, left by the client, failed while or instead of serving, turned down. */
export type Outcome = "completed" | "cut" | "client_closed" | "error" | "refused";

/** What one request would cost at a provider. Field names are those of the JSON the log shows. */
export interface Bill {
  /** Position in the log, from 1, without gaps. */
  readonly sequence: number;
  /** When it was settled, ISO 8601. */
  readonly at: string;
  readonly request_id: string;
  /** The caller's own id, from the header x-client-request-id; null if it sent none. */
  readonly client_request_id: string | null;
  readonly model: string;
  readonly stream: boolean;
  readonly prompt_tokens: number;
  /** Output tokens, reasoning included. */
  readonly completion_tokens: number;
  readonly reasoning_tokens: number;
  readonly outcome: Outcome;
}

export type NewBill = Omit<Bill, "sequence" | "at">;

export interface BillLogOptions {
  /** Bills kept in memory; older ones are dropped from there (never from the file). */
  readonly capacity: number;
  /** JSON-lines file to append to, created if absent. */
  readonly file?: string | undefined;
}

/** The bounded log of bills, with an optional file that survives a killed process. */
export class BillLog {
  readonly #capacity: number;
  #ring: Bill[] = [];
  /** Where the next bill goes once the ring is full, which is also its oldest entry. */
  #oldest = 0;
  #sequence = 0;
  #file: number | undefined;

  /** Opens the log and reads back what an earlier process left in the file. */
  constructor(options: BillLogOptions) {
    this.#capacity = options.capacity;
    if (options.file === undefined) return;
    const { bills, torn } = readBills(options.file);
    for (const bill of bills) this.#keep(bill);
    this.#sequence = bills.at(-1)?.sequence ?? 0;
    this.#file = openSync(options.file, "a", 0o600);
    // A line cut short by a crash must not swallow the next one.
    if (torn) writeSync(this.#file, "\n");
  }

  /** Adds a bill. The line is with the operating system when this returns, so killing the process does not lose it. */
  append(bill: NewBill): void {
    const full: Bill = { sequence: ++this.#sequence, at: new Date().toISOString(), ...bill };
    this.#keep(full);
    if (this.#file !== undefined) writeSync(this.#file, `${JSON.stringify(full)}\n`);
  }

  /** Bills with a sequence above `after`, oldest first, at most `limit`. */
  list(after = 0, limit: number = Number.POSITIVE_INFINITY): Bill[] {
    const found: Bill[] = [];
    const length = this.#ring.length;
    const first = this.#ring[this.#oldest % Math.max(1, length)]?.sequence ?? 0;
    for (let offset = Math.max(0, after + 1 - first); offset < length && found.length < limit; offset++) {
      const bill = this.#ring[(this.#oldest + offset) % length];
      if (bill !== undefined) found.push(bill);
    }
    return found;
  }

  /** The newest bill of a caller's own request id that is still in memory. Rare: it looks at every bill. */
  find(clientRequestId: string): Bill | undefined {
    return this.#ring.findLast((bill) => bill.client_request_id === clientRequestId);
  }

  /** Forgets all bills, in memory and in the file; sequences go on. */
  clear(): void {
    this.#ring = [];
    this.#oldest = 0;
    if (this.#file !== undefined) ftruncateSync(this.#file, 0);
  }

  /** Closes the file; later bills stay in memory only. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #keep(bill: Bill): void {
    if (this.#ring.length < this.#capacity) {
      this.#ring.push(bill);
      return;
    }
    this.#ring[this.#oldest] = bill;
    this.#oldest = (this.#oldest + 1) % this.#capacity;
  }
}
