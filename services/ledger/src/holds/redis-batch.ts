import { SluiceError } from "@sluice/platform/errors";

/** Steps one script takes; while it runs, Redis answers nobody else. */
export const BATCH_MAX = 128;
/** Scripts of one tenant under way: while Redis works on one, the next is written. */
const UNDER_WAY_MAX = 2;
/** Steps of one tenant that may wait; there are more only if Redis has stopped. */
const WAITING_MAX = 20_000;
/** How long a step may wait for its turn, and a hold for Redis to get to it, in milliseconds. */
export const ANSWER_MS = 2_000;

interface Waiting<Item, Answer> {
  readonly item: Item;
  /** Milliseconds of the process's clock. */
  readonly since: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

interface Line<Item, Answer> {
  readonly waiting: Waiting<Item, Answer>[];
  underWay: number;
  planned: boolean;
}

/** Sends what a tenant asks for in one turn of the event loop, or while earlier calls are under way, together and in order. */
export class Batches<Item, Answer> {
  readonly #send: (tenant: string, items: readonly Item[]) => Promise<readonly Answer[]>;
  readonly #lines = new Map<string, Line<Item, Answer>>();

  constructor(send: (tenant: string, items: readonly Item[]) => Promise<readonly Answer[]>) {
    this.#send = send;
  }

  /** The answer to one step. @throws overloaded when too many wait already, or what sending throws */
  ask(tenant: string, item: Item): Promise<Answer> {
    let line = this.#lines.get(tenant);
    if (line === undefined) {
      line = { waiting: [], underWay: 0, planned: false };
      this.#lines.set(tenant, line);
    }
    if (line.waiting.length >= WAITING_MAX) {
      const reason = `${WAITING_MAX} steps of tenant "${tenant}" wait for Redis already; try again later.`;
      return Promise.reject(new SluiceError("overloaded", reason));
    }
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    line.waiting.push({ item, since: performance.now(), resolve, reject });
    this.#plan(tenant, line);
    return promise;
  }

  #plan(tenant: string, line: Line<Item, Answer>): void {
    if (line.planned || line.underWay >= UNDER_WAY_MAX) return;
    line.planned = true;
    setImmediate(() => {
      line.planned = false;
      while (line.waiting.length > 0 && line.underWay < UNDER_WAY_MAX) void this.#flush(tenant, line);
      if (line.waiting.length === 0 && line.underWay === 0) this.#lines.delete(tenant);
    });
  }

  async #flush(tenant: string, line: Line<Item, Answer>): Promise<void> {
    dropLate(line.waiting);
    const taken = line.waiting.splice(0, BATCH_MAX);
    if (taken.length === 0) return;
    line.underWay++;
    try {
      const answers = await this.#send(
        tenant,
        taken.map(({ item }) => item),
      );
      for (const [index, { resolve, reject }] of taken.entries()) {
        const answer = answers[index];
        if (answer === undefined) reject(new SluiceError("internal", "Redis answered fewer steps than it was asked."));
        else resolve(answer);
      }
    } catch (error) {
      for (const { reject } of taken) reject(error);
    } finally {
      line.underWay--;
      this.#plan(tenant, line);
    }
  }
}

/** Whoever asked has given up, or should: the first ones are the oldest. */
function dropLate(waiting: Pick<Waiting<unknown, never>, "since" | "reject">[]): void {
  const before = performance.now() - ANSWER_MS;
  const first = waiting.findIndex(({ since }) => since >= before);
  for (const { reject } of waiting.splice(0, first < 0 ? waiting.length : first)) {
    reject(new SluiceError("unavailable", `Redis has not answered for ${ANSWER_MS} ms; try again.`));
  }
}
