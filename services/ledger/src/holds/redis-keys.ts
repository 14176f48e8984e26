/**
 * Names of the keys. The braces put all keys of one tenant into one slot, so that a script may touch them together. What is written under one
 * epoch has its own names: after a rebuild nothing of before is seen.
 */
export class RedisKeys {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** The epoch under which the store was completed. */
  get epoch(): string {
    return `${this.#prefix}:holds:epoch`;
  }

  /** Tenants of an epoch. */
  tenants(epoch: string): string {
    return `${this.#prefix}:holds:${epoch}:tenants`;
  }

  /** What a tenant's scripts compare before anything else: the epoch, and per writer how many steps it has taken. */
  fence(tenant: string): string {
    return `${this.#prefix}:{${tenant}}:fence`;
  }

  /** What is held and spent, per account and window. */
  counters(tenant: string, epoch: string): string {
    return `${this.#prefix}:{${tenant}}:${epoch}:counters`;
  }

  limits(tenant: string, epoch: string): string {
    return `${this.#prefix}:{${tenant}}:${epoch}:limits`;
  }

  /** Live holds by id. */
  live(tenant: string, epoch: string): string {
    return `${this.#prefix}:{${tenant}}:${epoch}:live`;
  }

  /** Ids of live holds, sorted by expiry. */
  expiries(tenant: string, epoch: string): string {
    return `${this.#prefix}:{${tenant}}:${epoch}:expiries`;
  }

  /** A hold that has ended. */
  ended(tenant: string, epoch: string, id: string): string {
    return `${this.#prefix}:{${tenant}}:${epoch}:ended:${id}`;
  }

  /** All that a script may touch, in the order of `KEYS`. */
  ofScript(tenant: string, epoch: string, ids: readonly string[]): readonly string[] {
    const names = [this.counters(tenant, epoch), this.limits(tenant, epoch), this.live(tenant, epoch)];
    const ended = ids.map((id) => this.ended(tenant, epoch, id));
    return [this.fence(tenant), ...names, this.expiries(tenant, epoch), ...ended];
  }
}
