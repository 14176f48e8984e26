import { hash } from "node:crypto";

/** A repeatable source of choices: the same seed gives the same sequence. */
export interface Random {
  /** Next number in [0, 1). */
  next(): number;
  /** Next integer in [0, below). */
  integer(below: number): number;
  /** One element of a non-empty list. @throws RangeError for an empty list */
  pick<T>(list: readonly T[]): T;
}

/** Mixes a seed and an index to 32 well-spread bits (the finaliser of MurmurHash3). */
export function mix(seed: number, index: number): number {
  let bits = (seed ^ Math.imul(index + 1, 0x9e3779b1)) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** Makes a {@link Random} from a seed; only the seed's low 32 bits count. */
export function seededRandom(seed: number): Random {
  let index = 0;
  const next = (): number => mix(seed | 0, index++) / 4_294_967_296;
  const integer = (below: number): number => Math.floor(next() * below);
  return {
    next,
    integer,
    pick: (list) => {
      const chosen = list[integer(list.length)];
      if (chosen === undefined) throw new RangeError("Cannot pick from an empty list.");
      return chosen;
    },
  };
}

/** A 32-bit seed from any text. */
export function seedOf(text: string): number {
  return hash("sha256", text, "buffer").readUInt32LE(0);
}
