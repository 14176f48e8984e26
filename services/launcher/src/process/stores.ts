import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Bus, openBus } from "@sluice/platform/bus";
import { connectRedis, type Redis } from "@sluice/platform/cache";
import { type PlatformConfig, readSecretFile } from "@sluice/platform/config";
import type { Logger } from "@sluice/platform/log";
import type { ServiceDatabase } from "@sluice/platform/module";
import { type DatabaseOptions, type Migrations, openDatabase } from "@sluice/platform/sql";

/** Opens the stores of one process as the configuration says, and closes all of them again. */
export class Stores {
  readonly #platform: PlatformConfig;
  readonly #dataDirectory: string;
  readonly #log: Logger;
  readonly #closers: (() => Promise<void>)[] = [];
  #redis: Promise<Redis | undefined> | undefined;

  constructor(platform: PlatformConfig, dataDirectory: string, log: Logger) {
    this.#platform = platform;
    this.#dataDirectory = dataDirectory;
    this.#log = log;
  }

  /** The folder of one service, owner-only. */
  directoryOf(service: string): string {
    const directory = join(this.#dataDirectory, service);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return directory;
  }

  openBus(): Promise<Bus> {
    const { bus, durability } = this.#platform;
    const directory = this.directoryOf("bus");
    if (bus.kind === "embedded") {
      const file = join(directory, "events.db");
      return openBus({ kind: "embedded", file, maxBytes: bus.embedded_max_bytes, durability, log: this.#log });
    }
    return openBus({
      kind: "jetstream",
      servers: bus.servers,
      ...(bus.user === undefined ? {} : { user: bus.user }),
      ...(bus.password_file === undefined
        ? {}
        : { password: readSecretFile(bus.password_file, "bus.password_file").reveal() }),
      outboxFile: join(directory, "outbox.db"),
      outboxMaxBytes: bus.outbox_max_bytes,
      outboxMaxFacts: bus.outbox_max_facts,
      durability,
      log: this.#log,
    });
  }

  async openDatabase<Schema>(service: string, migrations: Migrations): Promise<ServiceDatabase<Schema>> {
    const database = await openDatabase<Schema>(this.databaseOptions(service), migrations);
    this.#closers.push(() => database.close());
    return database;
  }

  redis(): Promise<Redis | undefined> {
    this.#redis ??= this.#connectRedis();
    return this.#redis;
  }

  async close(): Promise<void> {
    await Promise.all(this.#closers.splice(0).map((close) => close()));
    (await this.#redis)?.disconnect();
  }

  async #connectRedis(): Promise<Redis | undefined> {
    const { redis } = this.#platform;
    if (redis.kind === "none") return undefined;
    return connectRedis({
      host: redis.host,
      port: redis.port,
      ...(redis.password_file === undefined
        ? {}
        : { password: readSecretFile(redis.password_file, "redis.password_file").reveal() }),
      log: this.#log,
    });
  }

  /** Where a service's database is. */
  databaseOptions(service: string): DatabaseOptions {
    const { sql, durability } = this.#platform;
    if (sql.kind === "sqlite") {
      return { kind: "sqlite", file: join(this.directoryOf(service), `${service}.db`), durability };
    }
    return {
      kind: "postgres",
      connection: {
        host: sql.host,
        port: sql.port,
        user: sql.user,
        database: sql.database,
        password:
          sql.password_file === undefined ? "" : readSecretFile(sql.password_file, "sql.password_file").reveal(),
      },
      schema: service.replaceAll("-", "_"),
      poolSize: sql.pool_size,
    };
  }
}
