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

  has(type: EventType, id: string): boolean {
    const ids = this.#types.get(type);
    return ids !== undefined && (ids.young.has(id) || ids.old.has(id));
  }

  add(type: EventType, id: string): void {
    let ids = this.#types.get(type);
    if (ids === undefined) {
      ids = { young: new Set(), old: new Set() };
      this.#types.set(type, ids);
    }
    ids.young.add(id);
    if (ids.young.size < IDS_KEPT) return;
    ids.old = ids.young;
    ids.young = new Set();
  }

  delete(type: EventType, id: string): void {
    const ids = this.#types.get(type);
    ids?.young.delete(id);
    ids?.old.delete(id);
  }
}
