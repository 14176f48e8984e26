import type { Attempt, EngineDependencies, RoutedRequest } from "./types.ts";

/** How soon a failed renewal is repeated: a ledger that comes back after an outage must hear of live attempts before it ends old holds. */
const RETRY_MS = 1_000;
const CALL_MS = 5_000;

/** Renews the hold of a live attempt every third of its life until the returned function is called. */
export function keepHold(dependencies: EngineDependencies, request: RoutedRequest, attempt: Attempt): () => void {
  const { config, ledger, log } = dependencies;
  const everyMs = Math.ceil(config.hold_ttl_ms / 3);
  const renewal = { holdId: attempt.holdId, tenantId: request.context.tenantId, ttlMs: BigInt(config.hold_ttl_ms) };
  let stopped = false;
  const renew = async (): Promise<void> => {
    let waitMs = everyMs;
    try {
      const { live } = await ledger.renew(renewal, { deadlineMs: Math.min(everyMs, CALL_MS) });
      // An ended hold stays ended; what the attempt really uses is charged by its metered fact all the same.
      if (!live) return;
    } catch (error) {
      log.warn({ err: error, attempt: attempt.id }, "hold not renewed");
      waitMs = Math.min(everyMs, RETRY_MS);
    }
    if (!stopped) timer = setTimeout(renew, waitMs);
  };
  let timer = setTimeout(renew, everyMs);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** Voids that wait for their ledger to have room again; more than this many end by their expiry. */
const WAITING_MAX = 1_000;
let waiting = 0;

/**
 * Ends the hold of an attempt that never started. Resolves after the first try: a ledger that is away or without room must not keep the
 * caller waiting, so that the void is repeated behind its back until the hold would have expired anyway.
 */
export async function voidHold(
  dependencies: EngineDependencies,
  request: RoutedRequest,
  ended: { readonly attempt: Pick<Attempt, "id" | "holdId">; readonly reason: string },
): Promise<void> {
  const { ledger, log, now, config } = dependencies;
  const question = { holdId: ended.attempt.holdId, tenantId: request.context.tenantId, reason: ended.reason };
  const giveUpAt = now() + config.hold_ttl_ms;
  let counted = false;
  const tryVoid = async (): Promise<void> => {
    try {
      await ledger.void(question, { deadlineMs: CALL_MS });
    } catch (error) {
      const again = now() + RETRY_MS < giveUpAt && (counted || waiting < WAITING_MAX);
      log.warn({ err: error, attempt: ended.attempt.id, again }, "hold not voided");
      if (again) {
        if (!counted) waiting++;
        counted = true;
        setTimeout(tryVoid, RETRY_MS).unref();
        return;
      }
    }
    if (counted) waiting--;
  };
  await tryVoid();
}
