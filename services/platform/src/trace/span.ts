import {
  type Attributes,
  context,
  isSpanContextValid,
  ProxyTracerProvider,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { SluiceError } from "../errors/index.ts";

export type { Attributes } from "@opentelemetry/api";

/** Names of our spans. */
export const SPAN = { chat: "chat", attempt: "attempt", check: "check", hold: "hold" } as const;

/** Attribute names of OpenTelemetry's conventions for generative AI (https://opentelemetry.io/docs/specs/semconv/gen-ai/). */
export const GEN_AI = {
  operation: "gen_ai.operation.name",
  provider: "gen_ai.provider.name",
  requestModel: "gen_ai.request.model",
  responseModel: "gen_ai.response.model",
  responseId: "gen_ai.response.id",
  finishReasons: "gen_ai.response.finish_reasons",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  maxTokens: "gen_ai.request.max_tokens",
  temperature: "gen_ai.request.temperature",
} as const;

/** Attribute names of OpenTelemetry's conventions for HTTP (https://opentelemetry.io/docs/specs/semconv/http/http-spans/). */
export const HTTP = {
  method: "http.request.method",
  route: "http.route",
  status: "http.response.status_code",
} as const;

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL } as const;

export interface SpanOptions {
  /** Default: internal. */
  readonly kind?: keyof typeof KINDS;
  /** W3C `traceparent` of a caller outside this installation; default: the active span is the parent. */
  readonly parent?: string | undefined;
}

/** A running span. */
export interface Trace {
  set(attributes: Attributes): void;
  /** Runs work with this span as the active one, so that calls and facts made in it belong to it. */
  run<T>(work: () => T): T;
  /** Ends the span; with `thrown` it is marked failed with the error's code. */
  end(thrown?: unknown): void;
}

class SpanTrace implements Trace {
  private readonly span: Span;

  constructor(span: Span) {
    this.span = span;
  }

  set(attributes: Attributes): void {
    this.span.setAttributes(attributes);
  }

  run<T>(work: () => T): T {
    return context.with(trace.setSpan(context.active(), this.span), work);
  }

  end(thrown?: unknown): void {
    if (thrown !== undefined) {
      const { code } = SluiceError.from(thrown);
      // The message stays out: it may quote what a provider said.
      this.span.setAttribute("error.type", code);
      this.span.setStatus({ code: SpanStatusCode.ERROR, message: code });
    }
    this.span.end();
  }
}

/** Stands for every span while no SDK is registered. */
export const NO_SPAN: Trace = { set: () => undefined, run: (work) => work(), end: () => undefined };

/** Finds the SDK when there is one, whenever that is. */
const TRACER = trace.getTracer("sluice");

/** True while an SDK is registered. */
function isTracing(): boolean {
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer("sluice") !== undefined;
}

/** Starts a span that the caller ends; for streams. Costs next to nothing while no SDK is registered. */
export function startSpan(name: string, attributes: Attributes = {}, options: SpanOptions = {}): Trace {
  if (!isTracing()) return NO_SPAN;
  const active = context.active();
  const { kind = "internal", parent } = options;
  const within = parent === undefined ? active : propagation.extract(active, { traceparent: parent });
  const span = TRACER.startSpan(name, { attributes, kind: KINDS[kind] }, within);
  return isSpanContextValid(span.spanContext()) ? new SpanTrace(span) : NO_SPAN;
}

/** Runs work in a span that ends with it. @throws what the work throws */
export async function inSpan<T>(name: string, attributes: Attributes, work: (span: Trace) => Promise<T>): Promise<T> {
  const span = startSpan(name, attributes);
  try {
    const result = await span.run(() => work(span));
    span.end();
    return result;
  } catch (thrown) {
    span.end(thrown);
    throw thrown;
  }
}

/** The active span as a W3C `traceparent`, for facts on the bus; undefined without one. */
export function traceparent(): string | undefined {
  const active = context.active();
  if (trace.getSpanContext(active) === undefined) return undefined;
  const carrier: Record<string, string> = {};
  propagation.inject(active, carrier);
  return carrier["traceparent"];
}
