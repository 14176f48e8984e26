import { setImmediate as nextTurn } from "node:timers/promises";
import { SluiceError } from "@sluice/platform/errors";
import type { RerateRequest, RerateResponse, RerateRow } from "@sluice/proto/ledger/v1/ledger_service";
import type { Catalogue } from "../prices/catalogue.ts";
import type { LedgerDatabase } from "../store/database.ts";
import { piecesOf } from "../store/reports/pieces.ts";
import { chargedAttempts } from "./charged-attempts.ts";
import type { Correction, Corrections } from "./corrections.ts";
import { type Rating, rate } from "./rate.ts";

export interface RerateOptions {
  readonly database: LedgerDatabase;
  readonly catalogue: Catalogue;
  readonly corrections: Corrections;
  readonly now: () => number;
}

/** Attempts whose differences are posted in one transaction: everything else that is to be booked waits for it. */
const POSTINGS_AT_ONCE = 500;
const PRICE_IDS_MAX = 1_000;

/** Sums of what changes, by versions. */
class Changes {
  readonly #rows = new Map<string, RerateRow>();
  leftOut = 0n;

  add(ratings: readonly Rating[]): void {
    for (const { attempt, outcome } of ratings) {
      if (outcome.kind === "left_out") this.leftOut += 1n;
      if (outcome.kind !== "changed") continue;
      const { version: fromVersion, net } = attempt;
      const { version: toVersion, nanousd } = outcome;
      const name = `${fromVersion} ${toVersion}`;
      const row = this.#rows.get(name) ?? { fromVersion, toVersion, attempts: 0n, beforeNanousd: 0n, afterNanousd: 0n };
      this.#rows.set(name, {
        ...row,
        attempts: row.attempts + 1n,
        beforeNanousd: row.beforeNanousd + net.nanousd,
        afterNanousd: row.afterNanousd + nanousd,
      });
    }
  }

  get rows(): RerateRow[] {
    return [...this.#rows.values()].sort((a, b) => (a.fromVersion < b.fromVersion ? -1 : 1));
  }
}

/**
 * Prices the attempts of a period by the versions that are valid at their starts now, and posts the differences if asked to. Attempts
 * whose consumption nobody knows stay as they are. Repeating it posts nothing more. Works in small steps, between which holds and
 * settlements go on.
 * @throws invalid_request for a period without an end, or one that ends before it begins
 */
export async function rerate(options: RerateOptions, request: RerateRequest): Promise<RerateResponse> {
  const { database, corrections } = options;
  checkRequest(request);
  const tenant = request.tenantId === "" ? undefined : request.tenantId;
  const priceIds = new Set(request.priceIds);
  const changes = new Changes();
  let posted = 0;
  for await (const piece of piecesOf(database, tenant, request, POSTINGS_AT_ONCE)) {
    let ratings: readonly Rating[] = [];
    const look = async (from: Pick<LedgerDatabase, "db">): Promise<readonly Rating[]> =>
      (await chargedAttempts(from, piece)).flatMap((attempt) => rate(options.catalogue, attempt, priceIds) ?? []);
    if (request.post) {
      // Their months are in the books already: what is corrected is there.
      posted += await corrections.post([], async (into) => {
        ratings = await look(into);
        return ratings.flatMap((rating) => correctionOf(rating, options.now()) ?? []);
      });
    } else {
      ratings = await look(database);
    }
    changes.add(ratings);
    await nextTurn();
  }
  return { rows: changes.rows, posted: BigInt(posted), leftOut: changes.leftOut };
}

function checkRequest({ fromMs, toMs, priceIds }: RerateRequest): void {
  if (toMs <= fromMs || fromMs < 0n) {
    throw new SluiceError("invalid_request", `to_ms is ${toMs}; it must be after from_ms, which is ${fromMs}.`);
  }
  if (priceIds.length > PRICE_IDS_MAX) {
    throw new SluiceError(
      "invalid_request",
      `price_ids names ${priceIds.length}; at most ${PRICE_IDS_MAX} are possible.`,
    );
  }
}

function correctionOf({ attempt, outcome }: Rating, at: number): Correction | undefined {
  if (outcome.kind !== "changed") return undefined;
  const nanousd = outcome.nanousd - attempt.net.nanousd;
  if (nanousd === 0n) return undefined;
  return {
    kind: "rerated",
    head: { ...attempt.head, priceVersion: outcome.version, at },
    amounts: { nanousd, inputTokens: 0n, outputTokens: 0n },
    accounts: attempt.accounts,
    startedAt: attempt.startedAt,
  };
}
