import type { Kysely } from "kysely";
import type { z } from "zod";
import type { Bus } from "../bus/index.ts";
import type { Redis } from "../cache/index.ts";
import type { Logger } from "../log/index.ts";
import type { Metrics } from "../metrics/index.ts";
import type { BoundService, Client, RpcDefinition } from "../rpc/index.ts";
import type { DatabaseOptions, Durability, Migrations, SqlKind } from "../sql/index.ts";

/** A service's own SQL: one file (SQLite) or one schema (PostgreSQL), migrated before it is handed over. */
export interface ServiceDatabase<Schema> {
  readonly kind: SqlKind;
  readonly db: Kysely<Schema>;
}

/** Everything a service gets from the process it runs in. It never asks who else runs there. */
export interface ServiceContext<Config> {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly bus: Bus;
  /** Folder of this service alone, owner-only, inside the process's data directory. */
  readonly directory: string;
  /** What the service's own files must survive; the bus and the database know it already. */
  readonly durability: Durability;
  /** The process's data directory, where doors leave their addresses and tokens for the command line. */
  readonly dataDirectory: string;
  /** Typed client of a contract another module owns, over whatever channel the wiring chose. */
  client<D extends RpcDefinition>(definition: D): Client<D>;
  /** Opens and migrates this service's database; call once. */
  database<Schema>(migrations: Migrations): Promise<ServiceDatabase<Schema>>;
  /** Where that database is, for a service that opens it itself instead: on a thread of its own, and closes it. */
  databaseOptions(): DatabaseOptions;
  /** The shared Redis connection, or undefined in the embedded shape. */
  redis(): Promise<Redis | undefined>;
  /** A 32-byte key for one purpose, derived from the installation secret (HKDF-SHA256). */
  deriveKey(purpose: string): Buffer;
  /** Addresses of HTTP doors by service name, as far as the wiring knows them (e.g. the simulator's base URL). */
  httpAddress(service: string): string | undefined;
  /** Reasons why the process is not ready, each beginning with its service's name; empty when it is. For `/readyz`. */
  processNotReady(): readonly string[];
}

/** A started service. */
export interface RunningService {
  /** The contracts of the module's `owns`, bound. */
  readonly services: readonly BoundService[];
  /** Base URL of the HTTP door, if it has one. */
  readonly httpAddress?: string;
  /** Undefined when ready, otherwise why not (shown by /readyz and `sluice doctor`). */
  notReady(): string | undefined;
  /** Takes nothing new and resolves when what is in flight has finished or `deadlineMs` has passed. */
  drain(deadlineMs: number): Promise<void>;
  /** Closes everything; called after drain, in reverse start order. */
  stop(): Promise<void>;
}

/** What a service package exports from `src/index.ts`. */
export interface ServiceModule<Schema extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** Shape of the section of the same name in sluice.yaml. Every key has a default and a description. */
  readonly config: Schema;
  /** Contracts it serves. */
  readonly owns: readonly RpcDefinition[];
  /** Contracts it calls. */
  readonly calls: readonly RpcDefinition[];
  /** Stops it accepting a dangerous environment or file, e.g. a literal provider key; returns problems as sentences. */
  inspect?(raw: {
    readonly file: unknown;
    readonly environment: Readonly<Record<string, string | undefined>>;
  }): readonly string[];
  start(context: ServiceContext<z.output<Schema>>): Promise<RunningService>;
}
