import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { SluiceError } from "@sluice/platform/errors";
import type { Command } from "commander";
import { AdminDoor } from "../admin/door.ts";
import type { CommandEnvironment } from "./environment.ts";
import { csv } from "./export/csv.ts";
import { focus } from "./export/focus.ts";
import { jsonl } from "./export/jsonl.ts";
import { type ExportFormat, exportHead, postingLine } from "./export/posting-line.ts";
import { Progress } from "./export/progress.ts";
import { UsageError } from "./failure.ts";
import { type PeriodFlags, parsePeriod } from "./period.ts";

const FORMATS: Readonly<Record<string, ExportFormat>> = { csv, jsonl, focus };
/** Text written at once. */
const CHUNK_CHARACTERS = 64 * 1024;

interface ExportFlags extends PeriodFlags {
  readonly format: string;
  readonly org?: string;
  readonly out?: string;
}

/** Adds `export`: every posting of a period, for spreadsheets, pipelines and cost tools. */
export function register(program: Command, environment: CommandEnvironment): void {
  program
    .command("export")
    .description("write every posting of a period to a file or standard output")
    .option("--format <format>", `one of ${Object.keys(FORMATS).join(", ")}`, "csv")
    .option("--from <moment>", "first moment, like 2026-11-01 or 2026-11-01T08:00:00Z (default: everything)")
    .option("--to <moment>", "first moment that is left out (default: now)")
    .option("--since <duration>", "only the last while, like 24h or 30d")
    .option("--org <org>", "only this organisation")
    .option("--out <file>", "file to write (default: standard output)")
    .action(async (flags: ExportFlags) => await exportPostings(environment, flags));
}

async function exportPostings(environment: CommandEnvironment, flags: ExportFlags): Promise<void> {
  const format = Object.hasOwn(FORMATS, flags.format) ? FORMATS[flags.format] : undefined;
  if (format === undefined) {
    throw new UsageError(`"${flags.format}" is no format: choose one of ${Object.keys(FORMATS).join(", ")}.`);
  }
  const period = parsePeriod(flags, Date.now());
  const query = { org: flags.org, from_ms: period.fromMs, to_ms: period.toMs };
  const leaving = new AbortController();
  const lines = AdminDoor.find(environment.dataDirectory()).lines("/export", query, leaving.signal);
  try {
    const source = { environment, format, lines };
    if (flags.out === undefined) await toStandardOutput(source);
    else await toFile(source, flags.out);
  } finally {
    leaving.abort();
  }
}

interface Source {
  readonly environment: CommandEnvironment;
  readonly format: ExportFormat;
  readonly lines: AsyncIterable<unknown>;
}

async function toStandardOutput(source: Source): Promise<void> {
  await write(source, source.environment.stdout, false).catch((error: NodeJS.ErrnoException) => {
    // The reader has seen enough (`| head`): that is an ending, not a failure.
    if (error.code !== "EPIPE") throw error;
  });
}

/** The file has its name only when it is complete. */
async function toFile(source: Source, file: string): Promise<void> {
  const partial = `${file}.part`;
  try {
    const count = await write(source, createWriteStream(partial, { mode: 0o600 }), true);
    await rename(partial, file);
    source.environment.stderr.write(`${count} postings are in ${file}.\n`);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function write(source: Source, output: Writable, end: boolean): Promise<number> {
  const counter = { count: 0 };
  await pipeline(Readable.from(textOf(source, counter), { objectMode: false }), output, { end });
  return counter.count;
}

async function* textOf({ environment, format, lines }: Source, counter: { count: number }): AsyncGenerator<string> {
  const iterator = lines[Symbol.asyncIterator]();
  const head = exportHead.safeParse((await iterator.next()).value);
  if (!head.success) throw otherShape(head.error);
  const progress = new Progress(environment, { what: "postings", total: head.data.total });
  let text = format.head;
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    const posting = postingLine.safeParse(next.value);
    if (!posting.success) throw otherShape(posting.error);
    text += format.lines(posting.data, next.value);
    counter.count += 1;
    if (text.length < CHUNK_CHARACTERS) continue;
    yield text;
    text = "";
    progress.tell(counter.count);
  }
  progress.end();
  if (counter.count < head.data.total) {
    throw new SluiceError("unavailable", `The export ended after ${counter.count} of ${head.data.total} postings.`);
  }
  if (text !== "") yield text;
}

function otherShape(cause: Error): SluiceError {
  return new SluiceError("internal", "The gateway's export has another shape: is it this version?", { cause });
}
