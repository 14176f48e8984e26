import { SluiceError } from "@sluice/platform/errors";
import type { LogFields } from "@sluice/platform/log";
import { HTTP } from "@sluice/platform/trace";
import type { Door } from "../door.ts";
import type { Exchange } from "../exchange.ts";

/** Status noted for a request whose client left before the answer was complete; it is never sent. */
const CLIENT_LEFT = 499;

/**
 * Closes the record of a request once its response has: ends what is still running behind it if the client left,
 * counts it, and writes its one log line.
 */
export function closeExchange(door: Door, exchange: Exchange, quiet: boolean): void {
  const { raw } = exchange.reply;
  const left = !raw.writableFinished;
  if (left) {
    door.meters.clientsLost.add();
    exchange.abort.abort(
      new SluiceError("cancelled", "The client closed the connection before its answer was complete."),
    );
  }
  const status = left ? CLIENT_LEFT : raw.statusCode;
  const durationMs = performance.now() - exchange.startedAt;
  door.meters.finished(exchange, status, durationMs / 1_000);
  const failure = exchange.facts.error === undefined ? undefined : SluiceError.from(exchange.facts.error);
  exchange.span.set({ [HTTP.status]: status });
  exchange.span.end(failure);
  const level = failure?.row.log ?? "info";
  if (quiet && level !== "error") return;
  if (level === "debug" && !door.log.enabled("debug")) return;
  const fields = logFields(exchange, { status, durationMs, failure: failure ?? undefined });
  exchange.span.run(() => door.log[level](fields, "request"));
}

interface Ending {
  readonly status: number;
  readonly durationMs: number;
  readonly failure: SluiceError | undefined;
}

function logFields(exchange: Exchange, { status, durationMs, failure }: Ending): LogFields {
  const { facts, request, requestId } = exchange;
  return {
    request_id: requestId,
    tenant_id: facts.tenantId,
    key_id: facts.keyId,
    method: request.method,
    route: facts.route,
    status,
    duration_ms: Math.round(durationMs * 1_000) / 1_000,
    stream: facts.stream,
    provider: facts.provider,
    model: facts.model,
    attempt: facts.attempt,
    input_tokens: facts.inputTokens,
    output_tokens: facts.outputTokens,
    cost_nanousd: facts.costNanoUsd,
    verdict: facts.verdict,
    error_code: facts.errorCode,
    // Other messages may quote what the caller or the provider wrote.
    err: failure?.code === "internal" ? failure : undefined,
  };
}
