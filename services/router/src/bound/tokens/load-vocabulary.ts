import { readFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SluiceError } from "@sluice/platform/errors";
import type { SplitRules } from "./splitter.ts";
import { TextCounter } from "./text-counter.ts";
import { Vocabulary } from "./vocabulary.ts";

/** The public vocabularies and the rules they cut words by. */
const RULES: Readonly<Record<string, SplitRules>> = { o200k_base: "cased", cl100k_base: "plain" };
/** Tokens read in one turn of the event loop: about two milliseconds. */
const TURN = 8_192;
const NEWLINE = 10;
const BLANK = 32;
const PAD = 61;

/** True for a vocabulary that can be loaded. */
export function isVocabulary(name: string): boolean {
  return Object.hasOwn(RULES, name);
}

/**
 * Loads a public vocabulary bit by bit, so that nobody waits for it meanwhile. The package that brings it would make a hundred thousand
 * objects of it, in 200 ms and 74 MB; read from its data it takes five.
 * @throws internal if there is no such vocabulary
 */
export async function loadVocabulary(name: string): Promise<TextCounter> {
  const rules = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
  if (rules === undefined) throw new SluiceError("internal", `There is no vocabulary "${name}".`);
  const path = fileURLToPath(import.meta.resolve(`gpt-tokenizer/data/${name}.tiktoken`));
  const lines = await readFile(path);
  const bytes = new Uint8Array(lines.length);
  const starts: number[] = [];
  let at = 0;
  let written = 0;
  while (at < lines.length) {
    const start = written;
    written = decodeLine(lines, at, { into: bytes, written });
    const next = lines.indexOf(NEWLINE, at);
    at = next === -1 ? lines.length : next + 1;
    if (written === start) continue;
    starts.push(start);
    if (starts.length % TURN === 0) await setImmediate();
  }
  starts.push(written);
  const vocabulary = new Vocabulary(bytes.slice(0, written), Uint32Array.from(starts));
  for (let rank = 0; rank < vocabulary.size; rank += TURN) {
    vocabulary.index(rank, Math.min(rank + TURN, vocabulary.size));
    await setImmediate();
  }
  return new TextCounter(vocabulary, rules);
}

/** Decodes the base64 at the beginning of a line, which ends at a blank; returns where the bytes now end. */
function decodeLine(
  lines: Uint8Array,
  from: number,
  to: { readonly into: Uint8Array; readonly written: number },
): number {
  let { written } = to;
  let bits = 0;
  let held = 0;
  for (let at = from; at < lines.length; at++) {
    const code = lines[at] ?? NEWLINE;
    if (code === BLANK || code === NEWLINE || code === PAD) break;
    bits = (bits << 6) | sextet(code);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    to.into[written++] = (bits >> held) & 255;
    bits &= (1 << held) - 1;
  }
  return written;
}

function sextet(code: number): number {
  if (code >= 97) return code - 71;
  if (code >= 65) return code - 65;
  if (code >= 48) return code + 4;
  return code === 43 ? 62 : 63;
}
