import { join, resolve } from "node:path";
import { ownerOnlyDirectory, passwordOf, quoted, writeOwnerOnly } from "./files.ts";
import { findServers, installHint } from "./find.ts";
import { probe } from "./probe.ts";
import { type ServerPlan, startServer } from "./server-process.ts";
import type { RunningServer, ServerOptions } from "./types.ts";

/** Starts redis-server on 127.0.0.1 so that each answered write survives SIGKILL; the password is in an owner-only file. */
export async function startRedis(options: ServerOptions): Promise<RunningServer> {
  const program = findServers().redis;
  if (program === undefined) throw new Error(`redis-server is not installed. ${installHint(["redis"])}`);
  const directory = resolve(options.directory);
  await ownerOnlyDirectory(directory);
  const password = await passwordOf(directory, options.password);
  const plan: ServerPlan = {
    name: "redis-server",
    user: "default",
    password,
    logFile: join(directory, "redis.log"),
    stopSignal: "SIGTERM",
    async command(port) {
      const file = join(directory, "redis.conf");
      await writeOwnerOnly(file, configuration({ port, directory, password }));
      return { program, args: [file], environment: { HOME: directory, LC_ALL: "C" }, directory };
    },
    isReady: (port) => answers(port, password),
  };
  return await startServer(plan, options.port);
}

function configuration(values: { port: number; directory: string; password: string }): string {
  return [
    "bind 127.0.0.1",
    `port ${values.port}`,
    `dir ${quoted(values.directory)}`,
    `requirepass ${quoted(values.password)}`,
    "daemonize no",
    "appendonly yes",
    "appendfsync always",
    'save ""',
    "maxmemory-policy noeviction",
    "",
  ].join("\n");
}

/** `-LOADING` while the log is replayed, `+PONG` after. */
async function answers(port: number, password: string): Promise<boolean> {
  const login = ["AUTH", "default", password].map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("");
  const hello = `*3\r\n${login}*1\r\n$4\r\nPING\r\n`;
  const verdict = await probe<"ready" | "refused">(port, hello, (received) => {
    const text = received.toString("utf8");
    if (text.includes("+PONG\r\n")) return "ready";
    return text.startsWith("-") ? "refused" : undefined;
  });
  return verdict === "ready";
}
