import { fileURLToPath } from "node:url";
import { type NodeChild, startNode } from "../../../harness/index.ts";
import type { System } from "../../../harness/system.ts";

const PROGRAM = fileURLToPath(new URL("../../../../services/launcher/src/main.ts", import.meta.url));

/** Follows the attempts of a system as they happen. */
export interface Follower {
  /** Resolves when request bytes of an attempt on this model have left. */
  started(provider: string, model: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts `sluice tail` on a system; close it when done. */
export async function followAttempts(system: System): Promise<Follower> {
  const args = [
    "tail",
    "attempts",
    "--from-start",
    "--type",
    "attempt.started",
    "--json",
    "--data-dir",
    system.dataDirectory,
  ];
  const child: NodeChild = startNode(PROGRAM, { args });
  return {
    started: async (provider, model) => {
      const name = model.replace(/[+.]/g, "\\$&");
      await child.line(new RegExp(`"provider":"${provider}".*"model":"${name}"`));
    },
    stop: async () => void (await child.end("SIGTERM")),
  };
}
