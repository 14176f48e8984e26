import { type Context, context, propagation, trace } from "@opentelemetry/api";

/**
 * Adds the active span's `traceparent` to a call's metadata; without an active span (no SDK registered)
 * it returns the metadata untouched.
 */
export function withTraceparent(
  metadata: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  const active = context.active();
  if (trace.getSpanContext(active) === undefined) return metadata;
  const carrier: Record<string, string> = { ...metadata };
  propagation.inject(active, carrier);
  return carrier;
}

/** The context a caller sent along, or undefined when there is none to restore. */
export function callerContext(metadata: Readonly<Record<string, string>>): Context | undefined {
  if (metadata["traceparent"] === undefined) return undefined;
  const active = context.active();
  const restored = propagation.extract(active, metadata);
  return restored === active ? undefined : restored;
}

/** Runs `work` with `restored` as the active context. */
export function withContext<T>(restored: Context, work: () => T): T {
  return context.with(restored, work);
}
