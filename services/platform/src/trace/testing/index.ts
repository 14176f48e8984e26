import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import {
  type Attributes,
  type Context,
  type ContextManager,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanStatus,
  SpanStatusCode,
  type TextMapPropagator,
  type Tracer,
  trace,
} from "@opentelemetry/api";

/** A span that was started, as a test looks at it. */
export interface RecordedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly attributes: Attributes;
  status: SpanStatus;
  ended: boolean;
}

/** Registers a tracer that keeps its spans in memory, with W3C propagation. Call `unregister` at the end. */
export function recordSpans(): { readonly spans: readonly RecordedSpan[]; unregister(): void } {
  const spans: RecordedSpan[] = [];
  trace.setGlobalTracerProvider({ getTracer: () => tracerInto(spans) });
  context.setGlobalContextManager(contextManager());
  propagation.setGlobalPropagator(traceparentPropagator);
  return {
    spans,
    unregister: () => {
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}

function tracerInto(spans: RecordedSpan[]): Tracer {
  const startSpan: Tracer["startSpan"] = (name, options = {}, within = context.active()) => {
    const parent = trace.getSpanContext(within);
    const record: RecordedSpan = {
      name,
      kind: options.kind ?? SpanKind.INTERNAL,
      traceId: parent?.traceId ?? randomBytes(16).toString("hex"),
      spanId: randomBytes(8).toString("hex"),
      parentSpanId: parent?.spanId,
      attributes: { ...options.attributes },
      status: { code: SpanStatusCode.UNSET },
      ended: false,
    };
    spans.push(record);
    return spanOf(record);
  };
  return {
    startSpan,
    startActiveSpan: () => {
      throw new Error("not used");
    },
  };
}

function spanOf(record: RecordedSpan): Span {
  const { traceId, spanId } = record;
  const span: Span = {
    spanContext: () => ({ traceId, spanId, traceFlags: 1 }),
    setAttribute: (key, value) => span.setAttributes({ [key]: value }),
    setAttributes: (attributes) => {
      Object.assign(record.attributes, attributes);
      return span;
    },
    setStatus: (status) => {
      record.status = status;
      return span;
    },
    end: () => {
      record.ended = true;
    },
    addEvent: () => span,
    addLink: () => span,
    addLinks: () => span,
    updateName: () => span,
    isRecording: () => !record.ended,
    recordException: () => undefined,
  };
  return span;
}

function contextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (within, work, self, ...values) => storage.run(within, () => work.call(self, ...values)),
    bind: (_within, target) => target,
    enable: () => manager,
    disable: () => {
      storage.disable();
      return manager;
    },
  };
  return manager;
}

const traceparentPropagator: TextMapPropagator = {
  inject: (within, carrier, setter) => {
    const found = trace.getSpanContext(within);
    if (found !== undefined) setter.set(carrier, "traceparent", `00-${found.traceId}-${found.spanId}-01`);
  },
  extract: (within, carrier, getter) => {
    const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(String(getter.get(carrier, "traceparent")));
    if (match?.[1] === undefined || match[2] === undefined) return within;
    const parent: SpanContext = { traceId: match[1], spanId: match[2], traceFlags: 1, isRemote: true };
    return trace.setSpanContext(within, parent);
  },
  fields: () => ["traceparent"],
};
