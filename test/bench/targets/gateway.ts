import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { tethered } from "@sluice/launcher/servers";
import { cleanEnvironment, eventually, freePort, startNode, temporaryDirectory } from "../../harness/index.ts";
import type { Upstream } from "./stand-in.ts";
import type { Target } from "./target.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const MAIN = "services/launcher/src/main.ts";
const LOG_SHOWN = 4_000;

export interface GatewayOptions {
  readonly shape: "embedded" | "distributed";
  readonly upstream: Upstream;
  readonly name?: string;
  /** Folder of the checkout to run; default this one. */
  readonly checkout?: string;
  /** For Node itself, before the program. */
  readonly nodeArguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A gateway with its data in a folder that is gone afterwards, everything on, logging at its default level into a file. */
export async function startGateway(options: GatewayOptions): Promise<Target & { readonly directory: string }> {
  const outside = temporaryDirectory(`bench-${options.shape}`);
  // A folder that the gateway makes itself: it takes none that holds other files.
  const directory = join(outside, "data");
  const logFile = join(outside, "gateway.log");
  const port = await freePort();
  const main = join(options.checkout ?? ROOT, MAIN);
  const [program, args] = tethered(process.execPath, [
    ...(options.nodeArguments ?? []),
    main,
    options.shape === "embedded" ? "up" : "distributed",
    ...["--json", "--data-dir", directory, "--port", String(port)],
    ...["--set", `provider_adapter.providers=${JSON.stringify({ sim: { base_url: `${options.upstream.url}/v1` } })}`],
  ]);
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", openSync(logFile, "a")],
    env: { ...cleanEnvironment(), ...options.environment },
  });
  const ready = await firstLine(child, logFile);
  await storeSecret(main, directory, options.upstream.apiKey);
  await eventually(async () => (await fetch(`${ready.url}/readyz`)).status === 200, {
    message: "the gateway's /readyz",
  });
  return {
    name: options.name ?? options.shape,
    url: ready.url,
    apiKey: ready.api_key,
    modelPrefix: "sim/",
    directory,
    pids: () => (options.shape === "embedded" ? { gateway: child.pid ?? 0 } : childrenOf(directory)),
    stop: async () => {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function childrenOf(directory: string): Record<string, number> {
  return (JSON.parse(readFileSync(join(directory, "processes.json"), "utf8")) as { pids: Record<string, number> }).pids;
}

async function storeSecret(main: string, directory: string, secret: string): Promise<void> {
  const child = startNode(main, { args: ["secrets", "set", "sim", "--data-dir", directory], input: secret });
  const { code } = await child.exited;
  if (code !== 0) throw new Error(`The simulator's key was not stored: ${child.stderr()}`);
}

async function firstLine(child: ChildProcess, logFile: string): Promise<{ url: string; api_key: string }> {
  if (child.stdout === null) throw new Error("The gateway has no standard output.");
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{"event":"ready"')) return JSON.parse(line) as { url: string; api_key: string };
  }
  throw new Error(`The gateway ended before it was ready:\n${readFileSync(logFile, "utf8").slice(-LOG_SHOWN)}`);
}
