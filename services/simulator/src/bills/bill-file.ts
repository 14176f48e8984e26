import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import type { Bill } from "./bill-log.ts";

const billSchema = z.object({
  sequence: z.number().int().positive(),
  at: z.string(),
  request_id: z.string(),
  client_request_id: z.string().nullable(),
  model: z.string(),
  stream: z.boolean(),
  prompt_tokens: z.number().int().nonnegative(),
  completion_tokens: z.number().int().nonnegative(),
  reasoning_tokens: z.number().int().nonnegative(),
  outcome: z.enum(["completed", "cut", "client_closed", "error", "refused"]),
});

/**
 * Reads a JSON-lines file of bills; lines that are none (a line torn by a crash) are passed over.
 * @returns the bills, and whether the file ends inside a line
 */
export function readBills(path: string): { bills: Bill[]; torn: boolean } {
  if (!existsSync(path)) return { bills: [], torn: false };
  const text = readFileSync(path, "utf8");
  const bills = text.split("\n").flatMap((line) => parseLine(line) ?? []);
  return { bills, torn: text !== "" && !text.endsWith("\n") };
}

function parseLine(line: string): Bill | undefined {
  if (line === "") return undefined;
  try {
    const parsed = billSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
