import { type Command, InvalidArgumentError } from "commander";
import type { CommandEnvironment } from "./environment.ts";
import { transformLines } from "./json-lines.ts";

const LINE_BYTES_MAX = 67_108_864;

interface TranslateFlags {
  readonly lineBytesMax: number;
  readonly summary?: boolean;
}

/** Adds `translate`: what a provider once answered, as callers of chat completions would have got it. */
export function registerTranslate(program: Command, environment: CommandEnvironment): void {
  program
    .command("translate")
    .description("turn recorded provider answers into chat completions: JSON lines in, JSON lines out, in order")
    .option("--line-bytes-max <n>", "longest line of input in bytes", parseBytes, LINE_BYTES_MAX)
    .option("--summary", "count the outcomes on standard error at the end")
    .action(async (flags: TranslateFlags) => await translate(environment, flags));
}

/** The readers of every provider are loaded only now. */
async function translate(environment: CommandEnvironment, flags: TranslateFlags): Promise<void> {
  const { translateLine } = await import("./translate/translate-line.ts");
  const counts = new Map<string, number>();
  await transformLines(environment, flags.lineBytesMax, (line) => {
    const { outcome, text } = translateLine(line);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    return text;
  });
  if (flags.summary !== true) return;
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const each = [...counts].sort(([, a], [, b]) => b - a).map(([outcome, count]) => `${count} ${outcome}`);
  environment.stderr.write(`sluice: ${[`${total} lines`, ...each].join(", ")}\n`);
}

function parseBytes(text: string): number {
  const bytes = Number(text);
  if (!Number.isSafeInteger(bytes) || bytes < 1) throw new InvalidArgumentError("a whole number of bytes is needed");
  return bytes;
}
