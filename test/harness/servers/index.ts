import {
  findServers,
  installHint,
  missingServers,
  type RunningServer,
  type ServerName,
  startNats as startNatsIn,
  startPostgres as startPostgresIn,
  startRedis as startRedisIn,
} from "@sluice/launcher/servers";
import { temporaryDirectory } from "../temporary-directory.ts";

export { findServers, installHint, missingServers, type RunningServer, type ServerName };

/** What a test may choose; by default a new folder, a free port and a new password. */
export interface TestServerOptions {
  readonly directory?: string;
  readonly port?: number;
  readonly password?: string;
}

/**
 * Starts nats-server with JetStream. It dies with the test process; `stop()` or `kill()` it before, for instance
 * with `test.after`. Restarting keeps port and data.
 */
export async function startNats(options: TestServerOptions & { user?: string } = {}): Promise<RunningServer> {
  requireServers("nats");
  return await startNatsIn({ ...options, directory: options.directory ?? temporaryDirectory("nats") });
}

/** Starts redis-server with the append-only file synced at each write. */
export async function startRedis(options: TestServerOptions = {}): Promise<RunningServer> {
  requireServers("redis");
  return await startRedisIn({ ...options, directory: options.directory ?? temporaryDirectory("redis") });
}

/** Starts PostgreSQL, without fsync unless `fast` is false. Its database is called `postgres`. */
export async function startPostgres(options: TestServerOptions & { fast?: boolean } = {}): Promise<RunningServer> {
  requireServers("postgres");
  return await startPostgresIn({
    fast: true,
    ...options,
    directory: options.directory ?? temporaryDirectory("postgres"),
  });
}

/** Fails with what to install if one of these servers is missing: a test that needs it must not pass unrun. */
export function requireServers(...names: readonly ServerName[]): void {
  const missing = missingServers().filter((name) => names.includes(name));
  if (missing.length === 0) return;
  throw new Error(`This test needs ${missing.join(", ")}. ${installHint(missing)} (as root, \`npm test\` does it).`);
}
