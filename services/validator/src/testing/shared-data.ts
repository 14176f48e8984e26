import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";

/** Data for development lies beside the checkout, not in it. */
const FOLDER = resolve(import.meta.dirname, "../../../../../shared/data");

/** Reason to skip a test for want of a file of the data; false if it is there. */
export function absent(file: string): string | false {
  return existsSync(resolve(FOLDER, file)) ? false : `../shared/data/${file} is not there`;
}

/** The rows of a file of JSON lines, packed or not. The caller knows their shape. */
export function rowsOf<Row>(file: string): Row[] {
  const bytes = readFileSync(resolve(FOLDER, file));
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Row => JSON.parse(line));
}

/** A share in percent, for people. */
export function percent(part: number, whole: number): string {
  return `${whole === 0 ? 0 : ((100 * part) / whole).toFixed(1)} %`;
}
