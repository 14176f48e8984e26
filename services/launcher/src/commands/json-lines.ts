import { isUtf8 } from "node:buffer";
import { once } from "node:events";
import { SluiceError } from "@sluice/platform/errors";
import type { CommandEnvironment } from "./environment.ts";

/** One line of input: its text, or why it cannot be read. */
export type InputLine = { readonly text: string } | { readonly fault: string };

const LINE_FEED = 0x0a;

/** Splits bytes into lines. A line over `bytesMax` bytes is not kept: it becomes a fault, and reading goes on behind it. */
async function* linesOf(input: AsyncIterable<Buffer | string>, bytesMax: number): AsyncGenerator<InputLine, void> {
  let pieces: Buffer[] = [];
  let size = 0;
  const take = (last: Buffer): InputLine | undefined => {
    const whole = pieces.length === 0 ? last : Buffer.concat([...pieces, last]);
    const length = size + last.length;
    pieces = [];
    size = 0;
    if (length > bytesMax)
      return { fault: `The line has ${length} bytes; the limit is ${bytesMax} (--line-bytes-max).` };
    if (!isUtf8(whole)) return { fault: "The line is not valid UTF-8." };
    const text = whole.toString("utf8").replace(/^\ufeff/, "");
    return text.trim() === "" ? undefined : { text };
  };
  for await (const read of input) {
    let rest = typeof read === "string" ? Buffer.from(read) : read;
    for (let end = rest.indexOf(LINE_FEED); end !== -1; end = rest.indexOf(LINE_FEED)) {
      const line = take(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      if (line !== undefined) yield line;
    }
    size += rest.length;
    if (size <= bytesMax) pieces.push(rest);
    else pieces = [];
  }
  const last = take(Buffer.alloc(0));
  if (last !== undefined) yield last;
}

/**
 * Turns each line of standard input into one line on standard output, in order. Ends early, and well, when nobody reads the output any
 * more (`| head`).
 * @throws internal when writing fails otherwise
 */
export async function transformLines(
  environment: Pick<CommandEnvironment, "stdin" | "stdout">,
  lineBytesMax: number,
  transform: (line: InputLine) => string,
): Promise<void> {
  const { stdin, stdout } = environment;
  const leaving = new AbortController();
  const failures: Error[] = [];
  const onFailure = (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") failures.push(error);
    leaving.abort();
  };
  stdout.on("error", onFailure);
  try {
    for await (const line of linesOf(stdin, lineBytesMax)) {
      const room = stdout.write(`${transform(line)}\n`);
      if (!room && !leaving.signal.aborted) await drained(stdout, leaving.signal);
      if (leaving.signal.aborted) break;
    }
  } finally {
    stdout.removeListener("error", onFailure);
  }
  const [failure] = failures;
  if (failure !== undefined) throw new SluiceError("internal", `Writing the output failed: ${failure.message}`);
}

async function drained(output: CommandEnvironment["stdout"], signal: AbortSignal): Promise<void> {
  await once(output, "drain", { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
