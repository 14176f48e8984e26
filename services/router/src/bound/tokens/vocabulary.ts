const FREE = 0;
/** Fowler, Noll and Vo's hash begins with this; each byte is mixed in, and the product with HASH_STEP taken. */
export const HASH_SEED = 0x811c9dc5 | 0;
export const HASH_STEP = 0x01000193;
const MERGE_BYTES_MAX = 256;
const RECENT = 4_096;
const RECENT_BYTES = 12;
const CACHE_ENTRIES_MAX = 8_192;
/** Rank of what is no token. */
export const NO_RANK = 0x7fff_ffff;

/**
 * A byte-pair vocabulary in flat arrays: its tokens' bytes one after the other in the order of their ranks, and an open hash table over them.
 * 200,000 tokens take about five megabytes.
 */
export class Vocabulary {
  readonly #bytes: Uint8Array;
  readonly #starts: Uint32Array;
  readonly #slots: Int32Array;
  readonly #mask: number;
  /** Pieces met lately, small enough to stay in the processor's nearest memory: most of a text is words it has had already. */
  readonly #recentLengths = new Uint8Array(RECENT);
  readonly #recentRanks = new Int32Array(RECENT);
  readonly #recentBytes = new Uint8Array(RECENT * RECENT_BYTES);
  /** Tokens of pieces that are no token themselves. */
  readonly #merged = new Map<string, number>();
  readonly #boundaries = new Int32Array(MERGE_BYTES_MAX + 2);
  readonly #ranks = new Int32Array(MERGE_BYTES_MAX + 2);

  /** `bytes` holds the tokens in the order of their ranks; `starts` says where each begins, and last where all end. */
  constructor(bytes: Uint8Array, starts: Uint32Array) {
    this.#bytes = bytes;
    this.#starts = starts;
    const size = 2 ** Math.ceil(Math.log2(starts.length * 2));
    this.#slots = new Int32Array(size);
    this.#mask = size - 1;
  }

  get size(): number {
    return this.#starts.length - 1;
  }

  /** Enters the tokens of ranks from `from` (included) to `to` (excluded) into the table, so that it can be done bit by bit. */
  index(from: number, to: number): void {
    for (let rank = from; rank < to; rank++) {
      const start = this.#starts[rank] ?? 0;
      let slot = this.#slotOf(this.#bytes, start, this.#starts[rank + 1] ?? start);
      while (this.#slots[slot] !== FREE) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = rank + 1;
    }
  }

  /** Rank of the ASCII text between two places; `hash` is its hash, of `HASH_SEED` and `HASH_STEP`. NO_RANK if it is no token. */
  rankOfAscii(text: string, from: number, to: number, hash: number): number {
    const length = to - from;
    if (length > RECENT_BYTES) return this.#find(text, from, to, hash);
    const place = (hash ^ (hash >>> 13)) & (RECENT - 1);
    if (this.#recentLengths[place] === length && this.#isRecent(text, from, to, place)) {
      return this.#recentRanks[place] ?? NO_RANK;
    }
    const rank = this.#find(text, from, to, hash);
    this.#recentLengths[place] = length;
    this.#recentRanks[place] = rank;
    const start = place * RECENT_BYTES;
    for (let at = from; at < to; at++) this.#recentBytes[start + at - from] = text.charCodeAt(at);
    return rank;
  }

  #isRecent(text: string, from: number, to: number, place: number): boolean {
    const start = place * RECENT_BYTES;
    for (let at = from; at < to; at++) {
      if (text.charCodeAt(at) !== this.#recentBytes[start + at - from]) return false;
    }
    return true;
  }

  #find(text: string, from: number, to: number, hash: number): number {
    let slot = (hash ^ (hash >>> 15)) & this.#mask;
    for (;;) {
      const rank = (this.#slots[slot] ?? FREE) - 1;
      if (rank < 0) return NO_RANK;
      if (this.#equalsText(rank, text, from, to)) return rank;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Rank of the first `length` bytes; NO_RANK if they are no token. */
  rankOfBytes(buffer: Uint8Array, length: number): number {
    return this.#rank(buffer, 0, length);
  }

  /** Tokens of a piece that was merged lately; undefined if it was not. */
  mergedBefore(piece: string): number | undefined {
    return this.#merged.get(piece);
  }

  /** Tokens of a piece that is no token itself, whose UTF-8 is the first `length` bytes of `buffer`. */
  merge(piece: string, buffer: Uint8Array, length: number): number {
    let tokens = 0;
    // Longer pieces are cut: merging takes the square of the length. No usual text has words of so many letters.
    for (let from = 0; from < length; from += MERGE_BYTES_MAX) {
      tokens += this.#merge(buffer, from, Math.min(from + MERGE_BYTES_MAX, length));
    }
    if (length > MERGE_BYTES_MAX) return tokens;
    if (this.#merged.size >= CACHE_ENTRIES_MAX) this.#merged.clear();
    this.#merged.set(piece, tokens);
    return tokens;
  }

  /** Joins the neighbours of lowest rank until none are a token: what is left are the tokens. */
  #merge(buffer: Uint8Array, from: number, to: number): number {
    const boundaries = this.#boundaries;
    const ranks = this.#ranks;
    let parts = to - from;
    for (let part = 0; part <= parts; part++) boundaries[part] = from + part;
    for (let part = 0; part < parts; part++) {
      ranks[part] = part + 2 <= parts ? this.#rank(buffer, from + part, from + part + 2) : NO_RANK;
    }
    for (;;) {
      let least = NO_RANK;
      let at = 0;
      for (let part = 0; part < parts; part++) {
        const rank = ranks[part] ?? NO_RANK;
        if (rank < least) {
          least = rank;
          at = part;
        }
      }
      if (least === NO_RANK) return parts;
      boundaries.copyWithin(at + 1, at + 2, parts + 1);
      ranks.copyWithin(at + 1, at + 2, parts);
      parts--;
      ranks[at] = this.#rankOfPair(buffer, at, parts);
      if (at > 0) ranks[at - 1] = this.#rankOfPair(buffer, at - 1, parts);
    }
  }

  #rankOfPair(buffer: Uint8Array, part: number, parts: number): number {
    if (part + 2 > parts) return NO_RANK;
    return this.#rank(buffer, this.#boundaries[part] ?? 0, this.#boundaries[part + 2] ?? 0);
  }

  #rank(buffer: Uint8Array, from: number, to: number): number {
    let slot = this.#slotOf(buffer, from, to);
    for (;;) {
      const rank = (this.#slots[slot] ?? FREE) - 1;
      if (rank < 0) return NO_RANK;
      if (this.#equals(rank, buffer, from, to)) return rank;
      slot = (slot + 1) & this.#mask;
    }
  }

  #equals(rank: number, buffer: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[rank] ?? 0;
    if ((this.#starts[rank + 1] ?? 0) - start !== to - from) return false;
    for (let at = from; at < to; at++) if (buffer[at] !== this.#bytes[start + at - from]) return false;
    return true;
  }

  #equalsText(rank: number, text: string, from: number, to: number): boolean {
    const start = this.#starts[rank] ?? 0;
    if ((this.#starts[rank + 1] ?? 0) - start !== to - from) return false;
    for (let at = from; at < to; at++) if (text.charCodeAt(at) !== this.#bytes[start + at - from]) return false;
    return true;
  }

  /** Fowler, Noll and Vo's hash, its upper half folded in. */
  #slotOf(bytes: Uint8Array, from: number, to: number): number {
    let hash = HASH_SEED;
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), HASH_STEP);
    return (hash ^ (hash >>> 15)) & this.#mask;
  }
}

/** Bytes beyond which a piece is cut before its tokens are counted, so that the count is not exact. */
export const PIECE_BYTES_EXACT = MERGE_BYTES_MAX;
