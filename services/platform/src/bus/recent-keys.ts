/** Keys kept at least; twice as many at most. */
const KEYS_KEPT = 32_768;

/** The newest keys of a stream, in two generations: when the young one is full, the old one is forgotten. */
export class RecentKeys {
  #young = new Set<string>();
  #old = new Set<string>();

  has(key: string): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  add(key: string): void {
    this.#young.add(key);
    if (this.#young.size < KEYS_KEPT) return;
    this.#old = this.#young;
    this.#young = new Set();
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
