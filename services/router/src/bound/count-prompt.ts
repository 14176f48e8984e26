import { setImmediate } from "node:timers/promises";
import type { Prompt } from "./prompt.ts";
import { closeTally, emptyTally, type Tally } from "./tokens/tally.ts";
import type { TextCounter } from "./tokens/text-counter.ts";

/** UTF-16 units counted without letting others go first: two milliseconds of ordinary text. */
const TURN_UNITS = 65_536;
/** Units counted at all; what is beyond is bounded by its bytes. */
const UNITS_MAX = 2_097_152;

/** A prompt's tokens by kind of text. */
export interface CountedPrompt {
  readonly tally: Tally;
  /** Bytes of the texts that were not counted, because there are too many. */
  readonly bytesLeft: number;
}

/** Counts a prompt; a promise if it is so long that others are let go first now and then. */
export function countPrompt(prompt: Prompt, counter: TextCounter): CountedPrompt | Promise<CountedPrompt> {
  if (prompt.bytes > TURN_UNITS) return countLong(prompt, counter);
  const tally = emptyTally();
  for (const text of prompt.texts) counter.add(text, tally);
  closeTally(tally);
  return { tally, bytesLeft: 0 };
}

async function countLong(prompt: Prompt, counter: TextCounter): Promise<CountedPrompt> {
  const tally = emptyTally();
  let units = 0;
  let bytesLeft = 0;
  let inTurn = 0;
  for (const text of prompt.texts) {
    for (let from = 0; from < text.length; ) {
      if (units >= UNITS_MAX) {
        bytesLeft += Buffer.byteLength(text.slice(from), "utf8");
        break;
      }
      const to = cutPlace(text, from);
      counter.add(text.slice(from, to), tally);
      units += to - from;
      inTurn += to - from;
      from = to;
      if (inTurn < TURN_UNITS) continue;
      inTurn = 0;
      await setImmediate();
    }
  }
  closeTally(tally);
  return { tally, bytesLeft };
}

/** Where to cut a long text: before white space, where pieces end anyway, or else anywhere but within a pair. */
function cutPlace(text: string, from: number): number {
  const most = from + TURN_UNITS;
  if (most >= text.length) return text.length;
  for (let at = most; at > most - 1_024; at--) {
    const code = text.charCodeAt(at);
    const before = text.charCodeAt(at - 1);
    if (code === 32 && before > 32) return at;
  }
  const code = text.charCodeAt(most);
  return code >= 0xdc00 && code <= 0xdfff ? most - 1 : most;
}
