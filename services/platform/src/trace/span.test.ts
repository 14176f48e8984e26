import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "../errors/index.ts";
import { inSpan, startSpan, traceparent } from "./index.ts";
import { recordSpans } from "./testing/index.ts";

test("spans cost nothing and change nothing without an SDK", async () => {
  assert.equal(traceparent(), undefined);
  assert.equal(
    await inSpan("chat", { a: 1 }, async (span) => {
      span.set({ b: 2 });
      return 7;
    }),
    7,
  );
  await assert.rejects(
    inSpan("chat", {}, async () => {
      throw new Error("boom");
    }),
    /boom/,
  );
  const span = startSpan("attempt");
  assert.equal(
    span.run(() => 3),
    3,
  );
  span.end();
});

test("spans of one trace name their parent, and failures say their code alone", async () => {
  const { spans, unregister } = recordSpans();
  try {
    const outer = startSpan("outer", {}, { kind: "server", parent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` });
    await outer.run(async () => {
      await Promise.resolve();
      assert.match(traceparent() ?? "", new RegExp(`^00-a{32}-${spans[0]?.spanId}-01$`));
      await assert.rejects(
        inSpan("inner", {}, async () => {
          throw new SluiceError("upstream_timeout", "what the provider said");
        }),
      );
    });
    outer.set({ late: true });
    outer.end();
    const [first, second] = spans;
    assert.equal(first?.traceId, "a".repeat(32));
    assert.equal(first?.parentSpanId, "b".repeat(16));
    assert.equal(second?.parentSpanId, first?.spanId);
    assert.deepEqual(second?.status, { code: 2, message: "upstream_timeout" });
    assert.deepEqual(first?.attributes, { late: true });
    assert.ok(spans.every(({ ended }) => ended));
  } finally {
    unregister();
  }
});
