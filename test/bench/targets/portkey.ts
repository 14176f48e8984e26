import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually, freePort, startNode } from "../../harness/index.ts";
import type { Upstream } from "./stand-in.ts";
import type { Target } from "./target.ts";

const MANIFEST = fileURLToPath(new URL("../peers/portkey/", import.meta.url));
/** Beside the packages of this checkout, but none of them: the product does not depend on it. */
const INSTALLED = fileURLToPath(new URL("../../../node_modules/.cache/bench/portkey/", import.meta.url));
const PROGRAM = join(INSTALLED, "node_modules/@portkey-ai/gateway/build/start-server.js");

/** Portkey's open-source gateway on this Node, installed when it is first asked for. It keeps no keys, budgets or records of its own. */
export async function startPortkey(upstream: Upstream): Promise<Target> {
  install();
  const port = await freePort();
  const child = startNode(PROGRAM, { args: [`--port=${port}`, "--headless"], environment: { NODE_ENV: "production" } });
  const url = `http://127.0.0.1:${port}`;
  await eventually(() => answers(url), { message: `Portkey's gateway on port ${port}` });
  return {
    name: "portkey",
    url,
    apiKey: upstream.apiKey,
    modelPrefix: "",
    headers: { "x-portkey-provider": "openai", "x-portkey-custom-host": `${upstream.url}/v1` },
    pids: () => ({ gateway: child.pid }),
    stop: async () => void (await child.end()),
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    // It does not listen yet.
    return false;
  }
}

/** The lock file says which files exactly; a copy of it beside them says that they are all there. */
function install(): void {
  const lock = readFileSync(join(MANIFEST, "package-lock.json"), "utf8");
  const stamp = join(INSTALLED, "installed.lock");
  if (textOf(stamp) === lock) return;
  rmSync(INSTALLED, { recursive: true, force: true });
  mkdirSync(INSTALLED, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) cpSync(join(MANIFEST, file), join(INSTALLED, file));
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: INSTALLED, stdio: "ignore" });
  writeFileSync(stamp, lock);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Nothing is installed yet.
    return undefined;
  }
}
