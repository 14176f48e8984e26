import { createHash } from "node:crypto";
import { z } from "zod";
import type { AdminDoor } from "../../admin/door.ts";
import { NO_MODEL, type Pair } from "./compare.ts";
import { noonOf } from "./price-differences.ts";

const ENTRIES_AT_ONCE = 200;
/** Hexadecimal digits of an entry's id. */
const ID_DIGITS = 40;

const adjustmentsAnswer = z.object({ posted: z.array(z.string()) });

/** A pair that is to be made to agree, and by how much. */
export interface Entry {
  readonly pair: Pair;
  readonly nanousd: bigint;
  readonly id: string;
}

/**
 * The entry that makes the ledger agree with the file. Its id follows from the file, the place and what the ledger had there, with the number of
 * earlier corrections: the same one has one effect however often it is sent, and is a new one when others have come in between.
 */
export function entryOf(pair: Pair, nanousd: bigint, digest: string): Entry {
  const { provider, day, model, bookedNano, adjustments, classes } = pair;
  const had = classes.map(({ name, booked }) => `${name}=${booked}`);
  const name = JSON.stringify([digest, provider, day, model, bookedNano.toString(), adjustments.toString(), had]);
  const id = `rec_${createHash("sha256").update(name).digest("hex").slice(0, ID_DIGITS)}`;
  return { pair, nanousd, id };
}

export interface PostOptions {
  readonly door: AdminDoor;
  /** Organisation that pays; undefined for the only one. */
  readonly org: string | undefined;
  readonly digest: string;
  readonly onPosted: (done: number) => void;
}

/** Posts the entries and returns the ids of those that were new. */
export async function postEntries(entries: readonly Entry[], options: PostOptions): Promise<ReadonlySet<string>> {
  const { door, org, digest, onPosted } = options;
  const posted = new Set<string>();
  for (let from = 0; from < entries.length; from += ENTRIES_AT_ONCE) {
    const adjustments = entries.slice(from, from + ENTRIES_AT_ONCE).map((entry) => bodyOf(entry, digest));
    const answer = await door.post("/adjustments", adjustmentsAnswer, { org, adjustments });
    for (const id of answer.posted) posted.add(id);
    onPosted(Math.min(entries.length, from + ENTRIES_AT_ONCE));
  }
  return posted;
}

function bodyOf({ pair, nanousd, id }: Entry, digest: string) {
  const apart = pair.classes.filter(({ billed, booked }) => billed !== booked);
  return {
    id,
    provider: pair.provider,
    model: pair.model === "" ? NO_MODEL : pair.model,
    at_ms: noonOf(pair.day),
    amount_nanousd: nanousd.toString(),
    usage: Object.fromEntries(apart.map(({ name, billed, booked }) => [name, (billed - booked).toString()])),
    reason: `reconciled with the provider's file sha256:${digest.slice(0, 16)}`,
  };
}
