import { join } from "node:path";
import { SluiceError } from "@sluice/platform/errors";
import type { Logger } from "@sluice/platform/log";
import {
  findServers,
  installHint,
  missingServers,
  type RunningServer,
  startNats,
  startPostgres,
  startRedis,
} from "../servers/index.ts";

const RESTART_PAUSE_MS = 200;

/** The three servers of the distributed shape, started again when they die unasked. */
export interface BackingServers {
  readonly nats: RunningServer;
  readonly redis: RunningServer;
  readonly postgres: RunningServer;
  stop(): Promise<void>;
}

/** Starts them under `directory`. @throws unavailable naming what to install */
export async function startBackingServers(
  directory: string,
  log: Logger,
  onReady: (name: string, pid: number) => void,
): Promise<BackingServers> {
  const missing = missingServers(findServers());
  if (missing.length > 0) {
    throw new SluiceError("unavailable", `Not installed: ${missing.join(", ")}. ${installHint(missing)}`);
  }
  const [nats, redis, postgres] = await Promise.all([
    startNats({ directory: join(directory, "nats") }),
    startRedis({ directory: join(directory, "redis") }),
    startPostgres({ directory: join(directory, "postgres") }),
  ]);
  const servers = { nats, redis, postgres };
  const keeper = new Keeper(log, onReady);
  for (const [name, server] of Object.entries(servers)) keeper.keep(name, server);
  return {
    ...servers,
    stop: async () => {
      keeper.release();
      await Promise.all(Object.values(servers).map((server) => server.stop()));
    },
  };
}

/** Starts servers again that ended without being told to. */
class Keeper {
  #stopping = false;
  readonly #log: Logger;
  readonly #onReady: (name: string, pid: number) => void;

  constructor(log: Logger, onReady: (name: string, pid: number) => void) {
    this.#log = log;
    this.#onReady = onReady;
  }

  keep(name: string, server: RunningServer): void {
    this.#onReady(name, server.pid);
    server.exited
      .then(async (exit) => {
        if (this.#stopping) return;
        this.#log.error({ server: name, exit: exit.signal ?? String(exit.code) }, "server ended, starting it again");
        await new Promise((resolve) => setTimeout(resolve, RESTART_PAUSE_MS));
        if (this.#stopping) return;
        await server.restart();
        this.keep(name, server);
      })
      .catch((error: unknown) => {
        this.#log.error({ err: error, server: name }, "server not started again");
        if (!this.#stopping) setTimeout(() => this.keep(name, server), RESTART_PAUSE_MS);
      });
  }

  release(): void {
    this.#stopping = true;
  }
}
