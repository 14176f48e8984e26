import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { after, before, test } from "node:test";
import {
  type Context,
  context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
  type SpanContext,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { bind, createClient, type MessageCodec, openLocalChannel, type RpcDefinition } from "./index.ts";

const codec: MessageCodec<object> = {
  encode: () => ({ finish: () => new Uint8Array() }),
  decode: () => ({}),
};
const codecs = { requestType: codec, requestStream: false, responseType: codec } as const;
const definition = {
  name: "T",
  fullName: "sluice.test.v1.T",
  methods: {
    one: { name: "One", ...codecs, responseStream: false },
    many: { name: "Many", ...codecs, responseStream: true },
  },
} as const satisfies RpcDefinition;

const OUTER = createContextKey("outer");
const spanContext: SpanContext = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  traceFlags: TraceFlags.SAMPLED,
};

/** As little of an SDK as it takes: contexts that follow promises, and the W3C header. */
before(() => {
  const storage = new AsyncLocalStorage<Context>();
  context.setGlobalContextManager({
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, work, self, ...args) => storage.run(active, () => Reflect.apply(work, self, args)),
    bind: (_, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
  propagation.setGlobalPropagator({
    inject: (active, carrier, setter) => {
      const span = trace.getSpanContext(active);
      if (span !== undefined) setter.set(carrier, "traceparent", `00-${span.traceId}-${span.spanId}-01`);
    },
    extract: (active, carrier, getter) => {
      const [, traceId = "", spanId = ""] = String(getter.get(carrier, "traceparent")).split("-");
      return trace.setSpanContext(active, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true });
    },
    fields: () => ["traceparent"],
  });
});
after(() => {
  context.disable();
  propagation.disable();
});

const traceId = (): string | undefined => trace.getSpanContext(context.active())?.traceId;

test("a caller's trace is active in the handler, in each step of a stream too", async () => {
  const seen: (string | undefined)[] = [];
  const services = [
    bind(definition, {
      one: async (_, { metadata }) => {
        seen.push(traceId(), metadata["traceparent"]);
        return {};
      },
      many: async function* () {
        for (let i = 0; i < 2; i++) {
          seen.push(traceId());
          yield {};
        }
      },
    }),
  ];
  const client = createClient(definition, openLocalChannel({ services }));
  const active = trace.setSpanContext(ROOT_CONTEXT.setValue(OUTER, 1), spanContext);
  await context.with(active, () => client.one({}));
  assert.deepEqual(seen.splice(0), [spanContext.traceId, `00-${spanContext.traceId}-${spanContext.spanId}-01`]);

  // Read outside of the context it was started in: the trace comes from the call, not from the reader.
  const stream = context.with(active, () => client.many({}));
  for await (const _ of stream);
  assert.deepEqual(seen.splice(0), [spanContext.traceId, spanContext.traceId]);

  await client.one({});
  assert.deepEqual(seen, [undefined, undefined]);
});
