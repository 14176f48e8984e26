import { PostgresDialect, type PostgresPool, type PostgresPoolClient } from "kysely";
import type { Pool, PoolClient } from "pg";
import { SluiceError } from "../errors/index.ts";
import { checkParameters } from "./parameters.ts";
import { fromPostgresError } from "./sql-errors.ts";

export interface PostgresConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface PostgresPoolOptions {
  readonly connection: PostgresConnection;
  /** The service's own schema, `[a-z][a-z0-9_]{0,62}`. */
  readonly schema: string;
  readonly poolSize: number;
  /** A statement that runs longer is cancelled; default 30,000 ms. */
  readonly statementTimeoutMs?: number;
  /** Hears of connections lost while idle; the pool replaces them by itself. */
  readonly onIdleError?: (error: Error) => void;
}

const SCHEMA_NAME = /^[a-z][a-z0-9_]{0,62}$/;
const CONNECT_TIMEOUT_MS = 10_000;
/** PostgreSQL's type ids of int8, int2 and int4. */
const INTEGER_OIDS: ReadonlySet<number> = new Set([20, 21, 23]);

/**
 * Opens a pool whose connections work in `schema` and return every integer as a bigint, as SQLite does here.
 * pg is loaded only now, because the embedded shape never needs it.
 * @throws internal for a schema name that would need quoting.
 */
export async function openPostgresPool(options: PostgresPoolOptions): Promise<Pool> {
  if (!SCHEMA_NAME.test(options.schema)) {
    throw new SluiceError(
      "internal",
      `"${options.schema}" is no schema name: use a-z, 0-9 and _, starting with a letter.`,
    );
  }
  const { default: pg } = await import("pg");
  const pool = new pg.Pool({
    ...options.connection,
    max: options.poolSize,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: `sluice ${options.schema}`,
    options: `-c search_path=${options.schema} -c statement_timeout=${options.statementTimeoutMs ?? 30_000}`,
    types: {
      getTypeParser(oid, format) {
        if (INTEGER_OIDS.has(oid) && format !== "binary") return BigInt;
        return pg.types.getTypeParser(oid, format);
      },
    },
  });
  // Without a listener a connection lost while idle would end the process.
  pool.on("error", (error) => options.onIdleError?.(error));
  return pool;
}

/** Kysely's PostgreSQL dialect over the pool, with checked parameters and mapped failures. */
export function postgresDialect(pool: Pool, where: string): PostgresDialect {
  return new PostgresDialect({ pool: new CheckedPool(pool, where) });
}

class CheckedPool implements PostgresPool {
  readonly options = {};
  readonly #pool: Pool;
  readonly #where: string;
  /** Kysely knows a connection by its object, so each client keeps one wrapper. */
  readonly #clients = new WeakMap<PoolClient, PostgresPoolClient>();

  constructor(pool: Pool, where: string) {
    this.#pool = pool;
    this.#where = where;
  }

  async connect(): Promise<PostgresPoolClient> {
    let client: PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw fromPostgresError(error, this.#where);
    }
    let checked = this.#clients.get(client);
    if (!checked) {
      checked = checkedClient(client, this.#where);
      this.#clients.set(client, checked);
    }
    return checked;
  }

  async end(): Promise<void> {
    await this.#pool.end();
  }
}

function checkedClient(client: PoolClient, where: string): PostgresPoolClient {
  let lost = false;
  const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    try {
      return await client.query(text, checkParameters(parameters));
    } catch (error) {
      const mapped = fromPostgresError(error, where);
      if (mapped instanceof SluiceError && mapped.code === "unavailable") lost = true;
      throw mapped;
    }
  };
  const checked = { query, release: (destroy?: boolean) => client.release(destroy === true || lost) };
  return checked as PostgresPoolClient;
}
