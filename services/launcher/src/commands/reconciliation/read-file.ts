import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { SluiceError } from "@sluice/platform/errors";
import { CsvReader } from "./csv-reader.ts";
import { type FileRecord, jsonRecords } from "./records.ts";

/** Largest JSON document: it is read as a whole, unlike CSV and JSON lines. */
const DOCUMENT_MAX = 256 * 1024 * 1024;
const LINE_MAX = 16 * 1024 * 1024;
/** How far into the file its form shows. */
const LOOK_BYTES = 65_536;
const BYTE_ORDER_MARK = /^\ufeff/;

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
  return start.replace(BYTE_ORDER_MARK, "");
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

/** The file's text in pieces, without a byte order mark. */
async function* piecesOf(file: string, { onBytes }: ReadOptions): AsyncGenerator<string, void> {
  const stream = createReadStream(file, { encoding: "utf8" });
  let isFirst = true;
  for await (const piece of stream) {
    yield isFirst ? String(piece).replace(BYTE_ORDER_MARK, "") : String(piece);
    isFirst = false;
    onBytes(stream.bytesRead);
  }
}

async function* readCsv(file: string, options: ReadOptions): AsyncGenerator<FileRecord, void> {
  const reader = new CsvReader();
  for await (const piece of piecesOf(file, options)) yield* reader.push(piece);
  yield* reader.end();
}

async function* readLines(file: string, options: ReadOptions): AsyncGenerator<FileRecord, void> {
  let line = 0;
  for await (const text of linesOf(file, options)) {
    line += 1;
    if (text.trim() !== "") yield* jsonRecords(parsed(text, `Line ${line}`), () => line);
  }
}

/** @throws invalid_request for a line that is too long, before all of it is in memory */
async function* linesOf(file: string, options: ReadOptions): AsyncGenerator<string, void> {
  let [rest, line] = ["", 1];
  const check = (text: string): string => {
    if (text.length <= LINE_MAX) return text;
    throw new SluiceError("invalid_request", `Line ${line} is longer than ${LINE_MAX} characters.`);
  };
  for await (const piece of piecesOf(file, options)) {
    const [first = "", ...more] = piece.split("\n");
    rest = check(rest + first);
    for (const next of more) {
      yield rest;
      line += 1;
      rest = check(next);
    }
  }
  yield rest;
}

async function* readDocument(file: string, options: ReadOptions): AsyncGenerator<FileRecord, void> {
  const size = await sizeOf(file);
  if (size > DOCUMENT_MAX) {
    const most = `a JSON document may have ${DOCUMENT_MAX}`;
    throw new SluiceError("invalid_request", `${file} has ${size} bytes; ${most}: write it as CSV or JSON lines.`);
  }
  let text = "";
  for await (const piece of piecesOf(file, options)) text += piece;
  let record = 0;
  yield* jsonRecords(parsed(text, "The file"), () => {
    record += 1;
    return record;
  });
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    throw new SluiceError("invalid_request", `${what} is no JSON (${why.slice(0, 120)}).`, { cause: error });
  }
}
