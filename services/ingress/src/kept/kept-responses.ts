import { SluiceError } from "@sluice/platform/errors";
import { type Kysely, sql } from "kysely";
import type { KeptSchema, ResponseRow } from "./schema.ts";

/** Most responses in one conversation, and most whose items one request names. */
const CHAIN_MAX = 1_000;
const PREVIOUS = "previous_response_id";
const HOUR_MS = 3_600_000;

export interface KeepLimits {
  /** Milliseconds after which a response is forgotten. */
  readonly ageMs: number;
  /** Bytes of one response with the items of its request. */
  readonly responseBytes: number;
  /** Bytes of one conversation that a request continues. */
  readonly conversationBytes: number;
  /** Bytes of one organisation's responses; the oldest are forgotten first. */
  readonly orgBytes: number;
}

export interface KeptOptions {
  readonly db: Kysely<KeptSchema>;
  readonly limits: KeepLimits;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** A response as it is kept. */
export interface KeptResponse {
  readonly id: string;
  readonly tenantId: string;
  readonly previousId: string | undefined;
  /** JSON of the items that the request brought itself. */
  readonly inputJson: string;
  /** JSON of the response, with every proof in its output. */
  readonly responseJson: string;
}

/** Which conversation is wanted. */
export interface ConversationQuery {
  readonly tenantId: string;
  /** Id of its last response. */
  readonly id: string;
  readonly reserve?: (bytes: number) => void;
}

/** Which responses are wanted, whatever conversations they are of. */
export interface SeveralQuery {
  readonly tenantId: string;
  readonly ids: readonly string[];
  readonly reserve?: (bytes: number) => void;
}

/** Responses that later requests may refer to, each for its own organisation alone. Every process of the door shares them. */
export class KeptResponses {
  private readonly options: KeptOptions;
  /** Bytes kept since the last counting, by organisation: counting all of them for each response would cost more than keeping it. */
  private readonly fresh = new Map<string, bigint>();

  constructor(options: KeptOptions) {
    this.options = options;
  }

  /** Keeps a response; false if it is larger than allowed. @throws what the database throws */
  async keep(response: KeptResponse): Promise<boolean> {
    const { db, limits, now } = this.options;
    const size = Buffer.byteLength(response.inputJson) + Buffer.byteLength(response.responseJson);
    if (size > limits.responseBytes) return false;
    const bytes = BigInt(size);
    await db
      .insertInto("responses")
      .values({
        id: response.id,
        tenant_id: response.tenantId,
        previous_id: response.previousId ?? null,
        created_ms: BigInt(now()),
        bytes,
        input_json: response.inputJson,
        response_json: response.responseJson,
      })
      .execute();
    const fresh = (this.fresh.get(response.tenantId) ?? 0n) + bytes;
    this.fresh.set(response.tenantId, fresh);
    // A sixteenth beyond the limit at most, for each process of the door.
    if (fresh > BigInt(limits.orgBytes) / 16n) await this.forgetBeyond(response.tenantId);
    return true;
  }

  /** The response of an organisation; undefined if it is not kept, or another's. `reserve` is asked for room before its texts are read. */
  async find(tenantId: string, id: string, reserve?: (bytes: number) => void): Promise<KeptResponse | undefined> {
    if (reserve !== undefined) {
      const size = await this.ofTenant(tenantId).select("bytes").where("id", "=", id).executeTakeFirst();
      if (size === undefined) return undefined;
      reserve(Number(size.bytes));
    }
    const row = await this.ofTenant(tenantId).selectAll().where("id", "=", id).executeTakeFirst();
    return row === undefined ? undefined : toKept(row);
  }

  /** Forgets a response; false if there was none. Later ones that build on it can no longer be continued. */
  async forget(tenantId: string, id: string): Promise<boolean> {
    const { db } = this.options;
    const { numDeletedRows } = await db
      .deleteFrom("responses")
      .where("tenant_id", "=", tenantId)
      .where("id", "=", id)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }

  /**
   * The conversation that ends with a response, oldest first. `reserve` is asked for room before its texts are read.
   * @throws not_found if it, or one before it, is not kept; invalid_request if it is too long; what `reserve` throws
   */
  async conversation({ tenantId, id, reserve }: ConversationQuery): Promise<KeptResponse[]> {
    const chain = await this.chain(tenantId, id);
    const first = chain[0];
    if (first === undefined) throw unknownResponse(id, PREVIOUS);
    if (chain.length > CHAIN_MAX) throw tooLong(id, `has more than ${CHAIN_MAX} responses`);
    if (first.previous_id !== null) throw unknownResponse(first.previous_id, PREVIOUS);
    const { conversationBytes } = this.options.limits;
    const bytes = chain.reduce((sum, one) => sum + one.bytes, 0n);
    if (bytes > BigInt(conversationBytes))
      throw tooLong(id, `has ${bytes} bytes; at most ${conversationBytes} are taken`);
    reserve?.(Number(bytes));
    const ids = chain.map((one) => one.id);
    const rows = await this.ofTenant(tenantId).selectAll().where("id", "in", ids).execute();
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((one) => {
      const row = byId.get(one);
      // Deleted since: a conversation with a gap is another one.
      if (row === undefined) throw unknownResponse(one, PREVIOUS);
      return toKept(row);
    });
  }

  /**
   * Several responses in no order; what is not kept is left out. `reserve` is asked for room before their texts are read.
   * @throws invalid_request if they are too many or too large together; what `reserve` throws
   */
  async several({ tenantId, ids, reserve }: SeveralQuery): Promise<KeptResponse[]> {
    if (ids.length === 0) return [];
    if (ids.length > CHAIN_MAX)
      throw tooMuchNamed(`are of ${ids.length} responses; at most ${CHAIN_MAX} are looked into`);
    const sizes = await this.ofTenant(tenantId).select(["id", "bytes"]).where("id", "in", ids).execute();
    const bytes = Number(sizes.reduce((sum, one) => sum + one.bytes, 0n));
    this.checkNamed(bytes, "are of responses that have");
    reserve?.(bytes);
    const known = sizes.map((one) => one.id);
    if (known.length === 0) return [];
    return (await this.ofTenant(tenantId).selectAll().where("id", "in", known).execute()).map(toKept);
  }

  /** @throws invalid_request if what a request names has more bytes than a conversation may have */
  checkNamed(bytes: number, how = "have"): void {
    const { conversationBytes } = this.options.limits;
    if (bytes > conversationBytes) throw tooMuchNamed(`${how} ${bytes} bytes; at most ${conversationBytes} are taken`);
  }

  /** A response and those before it, oldest first, without their texts; one more than allowed if there are too many. */
  private chain(tenantId: string, id: string) {
    return this.options.db
      .withRecursive("chain", (query) =>
        query
          .selectFrom("responses")
          .select(["id", "previous_id", "bytes", sql<bigint>`cast(1 as bigint)`.as("depth")])
          .where("tenant_id", "=", tenantId)
          .where("id", "=", id)
          .unionAll(
            query
              .selectFrom("responses as earlier")
              .innerJoin("chain", "chain.previous_id", "earlier.id")
              .select(["earlier.id", "earlier.previous_id", "earlier.bytes", sql<bigint>`chain.depth + 1`.as("depth")])
              .where("earlier.tenant_id", "=", tenantId)
              .where("chain.depth", "<=", BigInt(CHAIN_MAX)),
          ),
      )
      .selectFrom("chain")
      .select(["id", "previous_id", "bytes"])
      .orderBy("depth", "desc")
      .execute();
  }

  /** Forgets what is older than allowed, and counts each organisation's bytes anew. */
  async sweep(): Promise<void> {
    const { db, limits, now } = this.options;
    const oldest = BigInt(now() - limits.ageMs);
    await db.deleteFrom("responses").where("created_ms", "<", oldest).execute();
    const tenants = await db
      .selectFrom("responses")
      .select("tenant_id")
      .groupBy("tenant_id")
      .having(sql<bigint>`cast(sum(bytes) as bigint)`, ">", BigInt(limits.orgBytes))
      .execute();
    this.fresh.clear();
    for (const { tenant_id: tenantId } of tenants) await this.forgetBeyond(tenantId);
  }

  /** Time between two sweeps in milliseconds. */
  get sweepMs(): number {
    return Math.min(HOUR_MS, this.options.limits.ageMs);
  }

  /** Forgets an organisation's oldest responses until the rest fits. */
  private async forgetBeyond(tenantId: string): Promise<void> {
    const { db, limits } = this.options;
    this.fresh.set(tenantId, 0n);
    const newestFirst = sql<bigint>`cast(sum(bytes) over (order by created_ms desc, id desc) as bigint)`;
    const running = this.ofTenant(tenantId)
      .select(["id", newestFirst.as("bytes_so_far")])
      .as("running");
    const beyond = db
      .selectFrom(running)
      .select("running.id")
      .where("running.bytes_so_far", ">", BigInt(limits.orgBytes));
    await db.deleteFrom("responses").where("id", "in", beyond).execute();
  }

  private ofTenant(tenantId: string) {
    return this.options.db.selectFrom("responses").where("tenant_id", "=", tenantId);
  }
}

function toKept(row: ResponseRow): KeptResponse {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    previousId: row.previous_id ?? undefined,
    inputJson: row.input_json,
    responseJson: row.response_json,
  };
}

/** No response of that id is kept for the caller's organisation. */
export function unknownResponse(id: string, param: string): SluiceError {
  const shown = JSON.stringify(id.slice(0, 64));
  const message = `No response ${shown} is kept for this organisation: it was not stored, was deleted or has grown too old.`;
  return new SluiceError("not_found", message, { details: { param } });
}

function tooLong(id: string, how: string): SluiceError {
  const message = `The conversation that ends with ${JSON.stringify(id.slice(0, 64))} ${how}; send the items it still needs in input instead.`;
  return new SluiceError("invalid_request", message, { details: { param: PREVIOUS } });
}

function tooMuchNamed(how: string): SluiceError {
  const message = `The kept items that input names ${how}; name fewer of them in one request.`;
  return new SluiceError("invalid_request", message, { details: { param: "input" } });
}
