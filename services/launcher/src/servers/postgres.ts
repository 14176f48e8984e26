import { dirname, join, resolve } from "node:path";
import { ownerOnlyDirectory, passwordOf, readIfThere } from "./files.ts";
import { findServers, installHint } from "./find.ts";
import { initialise } from "./postgres-data.ts";
import { placeFor } from "./postgres-place.ts";
import { probe } from "./probe.ts";
import { type ServerPlan, startServer } from "./server-process.ts";
import type { RunningServer, ServerOptions } from "./types.ts";

/** Options of `startPostgres`. */
export interface PostgresOptions extends ServerOptions {
  /** For tests alone: no fsync, commits answered before they are written. Survives SIGKILL of the server, not a power cut. */
  readonly fast?: boolean | undefined;
}

const USER = "sluice";
/** Version 3.0 of the wire protocol, as in every StartupMessage. */
const PROTOCOL = 196_608;

/**
 * Starts PostgreSQL on 127.0.0.1 with a database `postgres` and the superuser `sluice`, who logs in with SCRAM.
 * From root it runs as the user `postgres`, for PostgreSQL refuses root.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningServer> {
  const program = findServers().postgres;
  if (program === undefined) throw new Error(`PostgreSQL is not installed. ${installHint(["postgres"])}`);
  const directory = resolve(options.directory);
  await ownerOnlyDirectory(directory);
  const password = await passwordOf(directory, options.password);
  const place = await placeFor(directory);
  const initdb = join(dirname(program), "initdb");
  const sync = options.fast !== true;
  await initialise({ initdb, place, user: USER, password, sync, logFile: join(directory, "initdb.log") });
  const plan: ServerPlan = {
    name: "postgres",
    user: USER,
    password,
    logFile: join(directory, "postgres.log"),
    stopSignal: "SIGINT",
    async command(port) {
      const args = ["-D", place.data, "-h", "127.0.0.1", "-p", String(port), "-c", "unix_socket_directories="];
      if (options.fast === true) args.push("-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off");
      return { program, args, environment: place.environment, directory: place.root, user: place.osUser };
    },
    isReady: (port, pid) => answers(port, pid, join(place.data, "postmaster.pid")),
  };
  return await startServer(plan, options.port);
}

/**
 * Ready when its own pid file says so (line 8, as pg_ctl reads it: another server on the port must not count)
 * and the port answers a StartupMessage with a request to authenticate.
 */
async function answers(port: number, pid: number, pidFile: string): Promise<boolean> {
  const lines = (await readIfThere(pidFile))?.split("\n") ?? [];
  if (lines[0] !== String(pid) || lines[7]?.trim() !== "ready") return false;
  const verdict = await probe<"ready" | "refused">(port, startupMessage(), (received) =>
    received[0] === "R".charCodeAt(0) ? "ready" : "refused",
  );
  return verdict === "ready";
}

function startupMessage(): Buffer {
  const parameters = Buffer.from(`user\0${USER}\0database\0postgres\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + parameters.length, 0);
  head.writeInt32BE(PROTOCOL, 4);
  return Buffer.concat([head, parameters]);
}
