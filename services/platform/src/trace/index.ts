export { type Attributes, GEN_AI, inSpan, SPAN, startSpan, type Trace, traceparent } from "./span.ts";
