import { join, resolve } from "node:path";
import { ownerOnlyDirectory, passwordOf, quoted, writeOwnerOnly } from "./files.ts";
import { findServers, installHint } from "./find.ts";
import { probe } from "./probe.ts";
import { type ServerPlan, startServer } from "./server-process.ts";
import type { RunningServer, ServerOptions } from "./types.ts";

/** Options of `startNats`. */
export interface NatsOptions extends ServerOptions {
  readonly user?: string | undefined;
}

/** Largest message, in bytes: an event with a whole prompt in it has to fit. */
const MAX_PAYLOAD = 8 * 1024 * 1024;
const OLDEST = [2, 9, 10] as const;

/** Starts nats-server with JetStream on 127.0.0.1; user and password are in an owner-only file, not in its arguments. */
export async function startNats(options: NatsOptions): Promise<RunningServer> {
  const program = findServers().nats;
  if (program === undefined) throw new Error(`nats-server is not installed. ${installHint(["nats"])}`);
  const directory = resolve(options.directory);
  await ownerOnlyDirectory(directory);
  const user = options.user ?? "sluice";
  const password = await passwordOf(directory, options.password);
  const plan: ServerPlan = {
    name: "nats-server",
    user,
    password,
    logFile: join(directory, "nats.log"),
    stopSignal: "SIGTERM",
    async command(port) {
      const file = join(directory, "nats.conf");
      await writeOwnerOnly(file, configuration({ port, directory, user, password }));
      return { program, args: ["-c", file], environment: { HOME: directory }, directory };
    },
    isReady: (port) => answers(port, user, password),
  };
  return await startServer(plan, options.port);
}

function configuration(values: { port: number; directory: string; user: string; password: string }): string {
  return [
    `listen: "127.0.0.1:${values.port}"`,
    `max_payload: ${MAX_PAYLOAD}`,
    `jetstream { store_dir: ${quoted(join(values.directory, "data"))} }`,
    `authorization { user: ${quoted(values.user)}, password: ${quoted(values.password)} }`,
    "",
  ].join("\n");
}

/** The server greets with INFO; it is ready when it answers our PING after a login. */
async function answers(port: number, user: string, password: string): Promise<boolean> {
  let greeted = false;
  const verdict = await probe<"ready" | "refused">(port, "", (received, send) => {
    const text = received.toString("utf8");
    if (text.includes("-ERR")) return "refused";
    if (text.includes("PONG\r\n")) return "ready";
    if (!greeted && text.includes("\r\n")) {
      greeted = true;
      requireVersion(text);
      send(
        `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, user, pass: password, lang: "sluice" })}\r\nPING\r\n`,
      );
    }
    return undefined;
  });
  return verdict === "ready";
}

function requireVersion(greeting: string): void {
  const found = /"version":"(\d+)\.(\d+)\.(\d+)/.exec(greeting);
  if (found === null) return;
  const version = found.slice(1, 4).map(Number);
  const first = OLDEST.findIndex((part, index) => part !== version[index]);
  if (first >= 0 && (version[first] ?? 0) < (OLDEST[first] ?? 0)) {
    throw new Error(`nats-server is ${version.join(".")}; at least ${OLDEST.join(".")} is needed.`);
  }
}
