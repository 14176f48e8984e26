import type { EventType } from "./subjects.ts";

/** Ids kept of each type at least; twice as many at most. */
const IDS_KEPT = 16_384;

interface Generations {
  young: Set<string>;
  old: Set<string>;
}

/** The newest ids of a stream by type, in two generations: when the young one is full, the old one is forgotten. */
export class RecentKeys {
  readonly #types = new Map<EventType, Generations>();

  /** Keeps an id; false if it was there already. */
  add(type: EventType, id: string): boolean {
    let ids = this.#types.get(type);
    if (ids === undefined) {
      ids = { young: new Set(), old: new Set() };
      this.#types.set(type, ids);
    }
    if (ids.old.has(id)) return false;
    const { young } = ids;
    const before = young.size;
    // One look-up instead of two: the set tells by its size whether it had the id.
    young.add(id);
    if (young.size === before) return false;
    if (young.size < IDS_KEPT) return true;
    ids.old = young;
    ids.young = new Set();
    return true;
  }

  delete(type: EventType, id: string): void {
    const ids = this.#types.get(type);
    ids?.young.delete(id);
    ids?.old.delete(id);
  }
}
