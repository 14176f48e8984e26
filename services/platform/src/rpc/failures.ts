import { type ErrorDetails, SluiceError } from "../errors/index.ts";

/** Called with each `internal` failure of a handler, so that its process can log it with its stack. */
export type FailureHook = (path: string, error: SluiceError) => void;

export const DEFAULT_MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

const MAX_TEXT = 4_096;
const MAX_FACTS = 32;
const MAX_FACT = 512;

/** Cuts to whole characters and repairs lone surrogates, which no wire format can carry. */
function bounded(text: string, limit: number): string {
  const cut = text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
  return cut.toWellFormed();
}

function boundedFacts(facts: Readonly<Record<string, string>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(facts).slice(0, MAX_FACTS)) {
    kept[bounded(name, 64)] = bounded(value, MAX_FACT);
  }
  return kept;
}

/**
 * The error as it crosses a channel: code, message and details within bounds, neither cause nor stack.
 * Both channels send their failures through here, so that a caller sees the same over either.
 */
export function asCarried(thrown: unknown): SluiceError {
  const error = SluiceError.from(thrown);
  // An empty text, zero or an empty map is absent: that is how the wire format sees them.
  const from = error.details;
  const details: ErrorDetails = {
    ...(from.param && { param: bounded(from.param, MAX_FACT) }),
    ...(from.retryAfterMs !== undefined && { retryAfterMs: Math.max(0, Math.ceil(from.retryAfterMs)) }),
    ...(from.provider && { provider: bounded(from.provider, MAX_FACT) }),
    ...(from.providerCode && { providerCode: bounded(from.providerCode, MAX_FACT) }),
    ...(from.upstreamStatus && { upstreamStatus: from.upstreamStatus }),
    ...(from.upstreamBody && { upstreamBody: bounded(from.upstreamBody, MAX_TEXT) }),
    ...(from.facts && Object.keys(from.facts).length > 0 && { facts: boundedFacts(from.facts) }),
  };
  return new SluiceError(error.code, bounded(error.message, MAX_TEXT), { details });
}

/** Tells the hook about a broken invariant and returns what the caller may see of it. */
export function reportFailure(path: string, thrown: unknown, hook: FailureHook | undefined): SluiceError {
  const error = SluiceError.from(thrown);
  if (error.code === "internal") hook?.(path, error);
  return asCarried(error);
}

export function cancelledCall(path: string): SluiceError {
  return new SluiceError("cancelled", `The call ${path} was cancelled by its caller.`);
}

export function lateCall(path: string): SluiceError {
  return new SluiceError("timeout", `The call ${path} did not end within its deadline.`);
}

export function unknownMethod(path: string): SluiceError {
  return new SluiceError("internal", `The service asked does not implement ${path}; run the same version everywhere.`);
}

export function closedChannel(path: string): SluiceError {
  return new SluiceError("unavailable", `The call ${path} was not sent: its channel is closed.`);
}

/** @throws payload_too_large with size and limit when a message is over the channel's limit. */
export function checkMessageSize(kind: "request" | "response", path: string, bytes: number, limit: number): void {
  if (bytes <= limit) return;
  throw new SluiceError(
    "payload_too_large",
    `The ${kind} of ${path} has ${bytes} bytes; the limit is ${limit} (rpc.max_message_bytes).`,
  );
}
