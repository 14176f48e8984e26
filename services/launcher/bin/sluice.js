#!/usr/bin/env node
// The command starts here on whatever Node the system has; the program itself needs the pinned Node,
// which knows how to run TypeScript. Plain JavaScript on purpose: an older Node must be able to read it.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const REQUIRED_MAJOR = 26;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

if (Number(process.versions.node.split(".")[0]) >= REQUIRED_MAJOR) {
  await import("../src/main.ts");
} else {
  const node = findPinnedNode();
  const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`sluice: cannot start ${node}: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of SIGNALS) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

function findPinnedNode() {
  try {
    return fileURLToPath(import.meta.resolve("node/bin/node"));
  } catch {
    process.stderr.write(
      `sluice: needs Node ${REQUIRED_MAJOR} or newer, found ${process.versions.node}, and the npm package "node" is not installed.\n` +
        "Run `npm ci` in the checkout (install scripts must be allowed), or install a newer Node.\n",
    );
    process.exit(1);
  }
}
