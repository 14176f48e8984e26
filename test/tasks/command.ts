import { spawn } from "node:child_process";
import { delimiter, join, resolve } from "node:path";

/** The checkout. */
export const ROOT = resolve(import.meta.dirname, "../..");

/** How a program ended and all it printed. */
export interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

/** Runs a program of the checkout's own packages (or the system's), collecting what it prints. */
export function runCommand(program: string, args: readonly string[], directory = ROOT): Promise<Outcome> {
  const path = [join(ROOT, "node_modules/.bin"), process.env["PATH"] ?? ""].join(delimiter);
  return new Promise((done) => {
    const child = spawn(program, args, {
      cwd: directory,
      env: { ...process.env, PATH: path, FORCE_COLOR: undefined, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const parts: Buffer[] = [];
    child.stdout.on("data", (bytes: Buffer) => parts.push(bytes));
    child.stderr.on("data", (bytes: Buffer) => parts.push(bytes));
    child.once("error", (error) => done({ ok: false, output: `${program}: ${error.message}` }));
    child.once("close", (code) => done({ ok: code === 0, output: Buffer.concat(parts).toString("utf8") }));
  });
}
