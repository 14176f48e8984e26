import type { Attempt, EngineDependencies, RoutedRequest } from "./types.ts";

/** Renews the hold of a live attempt every third of its life until the returned function is called. */
export function keepHold(dependencies: EngineDependencies, request: RoutedRequest, attempt: Attempt): () => void {
  const { config, ledger, log } = dependencies;
  const renew = () => {
    ledger
      .renew(
        { holdId: attempt.holdId, tenantId: request.context.tenantId, ttlMs: BigInt(config.hold_ttl_ms) },
        { deadlineMs: Math.ceil(config.hold_ttl_ms / 3) },
      )
      .then((answer) => {
        if (!answer.live) clearInterval(timer);
      })
      .catch((error: unknown) => {
        // The next third of the hold's life is the retry; a hold that runs out is settled by the metered fact all the same.
        log.warn({ err: error, attempt: attempt.id }, "hold not renewed");
      });
  };
  const timer = setInterval(renew, Math.ceil(config.hold_ttl_ms / 3));
  return () => clearInterval(timer);
}

/** Ends the hold of an attempt that never started. A failure is logged: the hold then ends by its expiry. */
export async function voidHold(
  dependencies: EngineDependencies,
  request: RoutedRequest,
  ended: { readonly attempt: Attempt; readonly reason: string },
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
