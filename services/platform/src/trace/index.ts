export {
  type Attributes,
  GEN_AI,
  HTTP,
  inSpan,
  NO_SPAN,
  SPAN,
  type SpanOptions,
  startSpan,
  type Trace,
  traceparent,
} from "./span.ts";
