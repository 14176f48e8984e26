import type { Logger } from "@sluice/platform/log";
import type { Client } from "@sluice/platform/rpc";
import type { Account } from "@sluice/proto/common/v1/call_context";
import type { AccountBalance, LedgerServiceDefinition } from "@sluice/proto/ledger/v1/ledger_service";

export interface BalancesOptions {
  readonly ledger: Pick<Client<typeof LedgerServiceDefinition>, "balance">;
  readonly log: Logger;
  readonly now: () => number;
}

const FRESH_MS = 500;
const DEADLINE_MS = 1_000;
const KEPT_MAX = 10_000;

interface Kept {
  readonly readAt: number;
  readonly balances: readonly AccountBalance[];
}

/** Balances of accounts as the ledger enforces them, at most half a second old; while the ledger is away, as they were last known. */
export class Balances {
  readonly #options: BalancesOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #reading = new Map<string, Promise<readonly AccountBalance[]>>();

  constructor(options: BalancesOptions) {
    this.#options = options;
  }

  /** Balances of one account in every unit and window; none if they were never known. */
  async of(tenant: string, account: Account): Promise<readonly AccountBalance[]> {
    const name = `${tenant} ${account.kind} ${account.id}`;
    const kept = this.#kept.get(name);
    if (kept !== undefined && this.#options.now() - kept.readAt < FRESH_MS) return kept.balances;
    let reading = this.#reading.get(name);
    if (reading === undefined) {
      reading = this.#read(tenant, account, name).finally(() => this.#reading.delete(name));
      this.#reading.set(name, reading);
    }
    return await reading;
  }

  async #read(tenant: string, account: Account, name: string): Promise<readonly AccountBalance[]> {
    const { ledger, log, now } = this.#options;
    try {
      const request = { tenantId: tenant, accounts: [account] };
      const { balances } = await ledger.balance(request, { deadlineMs: DEADLINE_MS });
      if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
      this.#kept.set(name, { readAt: now(), balances });
      return balances;
    } catch (err) {
      log.warn({ err, tenant_id: tenant }, "balance not known for the choice of models");
      return this.#kept.get(name)?.balances ?? [];
    }
  }
}
