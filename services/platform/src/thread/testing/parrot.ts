import { setTimeout as pause } from "node:timers/promises";
import { SluiceError } from "../../errors/index.ts";
import type { ThreadService } from "../index.ts";

/** A thread that repeats what it is told, and fails when asked to. */
export async function open(data: unknown): Promise<ThreadService> {
  if (data === "refuse")
    throw new SluiceError("unavailable", "The data is not wanted.", { details: { param: "data" } });
  return {
    answer: async (question) => {
      if (question === "fail") throw new SluiceError("conflict", "As asked.", { details: { retryAfterMs: 7 } });
      if (question === "die") setImmediate(() => process.exit(3));
      if (question === "throw") {
        setImmediate(() => {
          throw new TypeError("nobody waits for this");
        });
      }
      if (question === "die" || question === "throw" || question === "never") return await new Promise(() => undefined);
      if (question === "uncopied") return () => undefined;
      if (question === "late") await pause(50);
      return [data, question];
    },
    close: async () => undefined,
  };
}
