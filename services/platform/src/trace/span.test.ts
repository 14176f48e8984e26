import assert from "node:assert/strict";
import { test } from "node:test";
import { inSpan, startSpan, traceparent } from "./index.ts";

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
