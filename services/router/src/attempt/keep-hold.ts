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

/** Ends the hold of an attempt that never started. A failure is logged: the hold then ends by its expiry. */
export async function voidHold(
  dependencies: EngineDependencies,
  request: RoutedRequest,
  ended: { readonly attempt: Pick<Attempt, "id" | "holdId">; readonly reason: string },
): Promise<void> {
  try {
    await dependencies.ledger.void(
      { holdId: ended.attempt.holdId, tenantId: request.context.tenantId, reason: ended.reason },
      { deadlineMs: 5000 },
    );
  } catch (error) {
    dependencies.log.warn({ err: error, attempt: ended.attempt.id }, "hold not voided; it will expire");
  }
}
