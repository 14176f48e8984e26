import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { SluiceError } from "@sluice/platform/errors";
import { CsvReader } from "./csv-reader.ts";
import { type FileRecord, jsonRecords } from "./records.ts";

/** Largest JSON document: it is read as a whole, unlike CSV and JSON lines. */
const DOCUMENT_MAX = 256 * 1024 * 1024;
const LINE_MAX = 16 * 1024 * 1024;
/** How far into the file its form shows. */
const LOOK_BYTES = 65_536;

export interface ReadOptions {
  /** Told how many bytes of the file have been read. */
  readonly onBytes: (done: number) => void;
}

/** A file's size in bytes. @throws invalid_request if it cannot be read */
export async function sizeOf(file: string): Promise<number> {
  try {
    const found = await stat(file);
    if (!found.isFile()) throw new Error("it is no file");
    return found.size;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SluiceError("invalid_request", `${file} cannot be read: ${why}.`, { cause: error });
  }
}

/** SHA-256 of the whole file, in hexadecimal: what entries made from it are named by. */
export async function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest("hex");
}

/**
 * Reads the records of a CSV file (commas, tabs or semicolons), of JSON lines, or of one JSON document, whatever the file looks like.
 * CSV and JSON lines are read piece by piece.
 * @throws invalid_request where the file is none of these
 */
export async function* readRecords(file: string, options: ReadOptions): AsyncGenerator<FileRecord, void> {
  const form = await formOf(file);
  if (form === "csv") yield* readCsv(file, options);
  else if (form === "lines") yield* readLines(file, options);
  else yield* readDocument(file, options);
}

async function formOf(file: string): Promise<"csv" | "lines" | "document"> {
  const start = await startOf(file);
  if (!/^\s*[[{]/.test(start)) return "csv";
  const end = start.indexOf("\n");
  return start.trimStart().startsWith("{") && isJson(end === -1 ? start : start.slice(0, end)) ? "lines" : "document";
}

async function startOf(file: string): Promise<string> {
  let start = "";
  for await (const piece of createReadStream(file, { end: LOOK_BYTES - 1, encoding: "utf8" })) start += String(piece);
  return start.replace(/^\ufeff/, "");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // The form is what is asked here; whoever reads the file says what is wrong with it.
    return false;
  }
}

async function* readCsv(file: string, { onBytes }: ReadOptions): AsyncGenerator<FileRecord, void> {
  const reader = new CsvReader();
  const stream = createReadStream(file, { encoding: "utf8" });
  for await (const piece of stream) {
    yield* reader.push(String(piece));
    onBytes(stream.bytesRead);
  }
  yield* reader.end();
}

async function* readLines(file: string, { onBytes }: ReadOptions): AsyncGenerator<FileRecord, void> {
  const stream = createReadStream(file, { encoding: "utf8" });
  let line = 0;
  for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (text.length > LINE_MAX) throw new SluiceError("invalid_request", `Line ${line} is longer than ${LINE_MAX}.`);
    if (text.trim() !== "") yield* jsonRecords(parsed(text, `Line ${line}`), () => line);
    onBytes(stream.bytesRead);
  }
}

async function* readDocument(file: string, { onBytes }: ReadOptions): AsyncGenerator<FileRecord, void> {
  const size = await sizeOf(file);
  if (size > DOCUMENT_MAX) {
    const most = `a JSON document may have ${DOCUMENT_MAX}`;
    throw new SluiceError("invalid_request", `${file} has ${size} bytes; ${most}: write it as CSV or JSON lines.`);
  }
  let text = "";
  for await (const piece of createReadStream(file, { encoding: "utf8" })) text += String(piece);
  let record = 0;
  yield* jsonRecords(parsed(text.replace(/^\ufeff/, ""), "The file"), () => {
    record += 1;
    return record;
  });
  onBytes(size);
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    throw new SluiceError("invalid_request", `${what} is no JSON (${why.slice(0, 120)}).`, { cause: error });
  }
}
