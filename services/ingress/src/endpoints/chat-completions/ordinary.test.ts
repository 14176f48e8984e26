import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isOrdinary } from "./ordinary.ts";
import { chatSchema } from "./schema.ts";

const LIMITS = { choicesMax: 8, messagesMax: 4, toolsMax: 2, partsMax: 10 };
const schema = chatSchema(LIMITS);
const BODY = { model: "sim/small", messages: [{ role: "user", content: "hello" }] };

const anything = fc.oneof(
  fc.constantFrom(null, true, false, "", "a", "auto", 0, 1, 0.5, -1, 8, 9, 2 ** 53, 1e308, Number.POSITIVE_INFINITY),
  fc.constantFrom({}, [], { include_usage: true }, { include_usage: null }, { include_usage: true, x: 1 }),
  fc.string({ maxLength: 300, unit: "binary" }),
  fc.double(),
);
const message = fc.record(
  {
    role: fc.oneof(fc.constantFrom("system", "developer", "user", "assistant", "tool", "function"), anything),
    content: fc.oneof(fc.string({ unit: "binary" }), anything),
    name: anything,
  },
  { requiredKeys: [], noNullPrototype: true },
);
const body = fc.record(
  {
    model: fc.oneof(fc.constantFrom("small", "a/b", " a", "ä", "a".repeat(256), "a".repeat(257)), anything),
    messages: fc.oneof(fc.array(message, { maxLength: 6 }), anything),
    ...Object.fromEntries(
      ["temperature", "top_p", "frequency_penalty", "presence_penalty", "max_tokens", "max_completion_tokens", "n"].map(
        (name) => [name, anything],
      ),
    ),
    ...Object.fromEntries(["user", "stream", "stream_options", "seed", "tools"].map((name) => [name, anything])),
  },
  { requiredKeys: [], noNullPrototype: true },
);

test("what is taken as ordinary is what the schema takes, unchanged", () => {
  let ordinary = 0;
  const check = (raw: unknown): void => {
    if (!isOrdinary(raw, LIMITS)) return;
    ordinary++;
    assert.deepEqual(schema.parse(raw), raw);
  };
  fc.assert(fc.property(body, check), { numRuns: 2_000 });
  const field = fc.constantFrom("temperature", "max_tokens", "n", "user", "stream", "stream_options", "model", "seed");
  fc.assert(
    fc.property(field, anything, message, (name, value, one) => {
      check({ ...BODY, [name]: value });
      check({ ...BODY, messages: [one] });
    }),
    { numRuns: 2_000 },
  );
  assert.ok(ordinary > 100, `only ${ordinary} were`);
});

test("the usual requests are ordinary, others are not", () => {
  const usual = { ...BODY, temperature: 0.2, max_tokens: 256, stream: true, stream_options: { include_usage: true } };
  assert.equal(isOrdinary(usual, LIMITS), true);
  for (const more of [{ tools: [] }, { seed: 1 }, { response_format: null }, { n: 9 }, { metadata: {} }, { x: 1 }])
    assert.equal(isOrdinary({ ...usual, ...more }, LIMITS), false, JSON.stringify(more));
  const own = JSON.parse('{"model":"a","messages":[{"role":"user","content":"x"}],"__proto__":{"n":1}}') as unknown;
  assert.equal(isOrdinary(own, LIMITS), false);
  assert.equal(isOrdinary(Object.create(BODY), LIMITS), false);
});
