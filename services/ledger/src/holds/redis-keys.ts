/** Names of the keys. The braces put all keys of one tenant into one slot, so that a script may touch them together. */
export class RedisKeys {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Set while the store holds everything it should. */
  get complete(): string {
    return `${this.#prefix}:holds:complete`;
  }

  get tenants(): string {
    return `${this.#prefix}:holds:tenants`;
  }

  hold(tenant: string, id: string): string {
    return `${this.#prefix}:{${tenant}}:hold:${id}`;
  }

  /** Live holds, sorted by expiry. */
  live(tenant: string): string {
    return `${this.#prefix}:{${tenant}}:live`;
  }

  /** What is held, spent and allowed, per account. */
  counters(tenant: string): readonly [held: string, spent: string, limits: string] {
    const prefix = `${this.#prefix}:{${tenant}}`;
    return [`${prefix}:held`, `${prefix}:spent`, `${prefix}:limits`];
  }
}
