import assert from "node:assert/strict";
import { test } from "node:test";
import { startSimulator } from "../../simulator.ts";
import { compareShapes, eventsOf, readRecordings, recordingsOf, shapeOf } from "../../testing/recorded.ts";

const { folder, absent: skip } = recordingsOf("anthropic");
/** Arguments are the caller's; of two recorded refusals both name another model, which the published types do not know. */
const FREE = /\.input(\.|$)|\.recommended_model$/;

type Value = Readonly<Record<string, unknown>>;
const object = (value: unknown): Value => (typeof value === "object" && value !== null ? (value as Value) : {});

/** What kind of event it is: its type, and that of its block or delta. */
function kindOf(event: unknown): string {
  const { type, content_block: block, delta } = object(event);
  return [type, object(block)["type"], object(delta)["type"]].filter((word) => word !== undefined).join(" ");
}

/** Which kinds of block a plain answer holds. */
function blocksOf(body: unknown): string {
  const { content } = object(body);
  return [...new Set((Array.isArray(content) ? content : []).map((block) => object(block)["type"]))].join(" ");
}

const WEATHER = {
  name: "get_weather",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const ask = (content: string) => ({ messages: [{ role: "user", content }] });
const REQUESTS = [
  { model: "small", ...ask("Tell me about gardening") },
  { model: "small", ...ask("What is the weather in Paris?"), tools: [WEATHER] },
  { model: "reasoner", ...ask("Tell me about gardening") },
  { model: "small+refusal", ...ask("Tell me about gardening") },
  { model: "small+cached=20", ...ask("Tell me about gardening") },
];

test("answers, events and errors have the shape of recorded ones", { skip }, async (context) => {
  const simulator = await startSimulator({ pace: 0 });
  context.after(() => simulator.close());
  const send = async (body: object, key = simulator.apiKey): Promise<Response> =>
    fetch(`${simulator.url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": key, "anthropic-version": "2023-06-01" },
      body: JSON.stringify({ max_tokens: 500, ...body }),
    });
  const recorded = readRecordings(folder, "messages", ["recorded", "fixture"]);
  const bodies = recorded.flatMap(({ response }) =>
    response.status === 200 && response.body !== undefined ? [response.body] : [],
  );
  // The oldest recordings lack details that every answer has today.
  const today = bodies.filter((body) => shapeOf(body).has(".usage.inference_geo"));
  const events = recorded.flatMap(({ response }) => eventsOf(response.sse ?? ""));
  for (const request of REQUESTS) {
    const plain: unknown = await (await send(request)).json();
    const blocks = blocksOf(plain);
    const theirs = today.filter((body) =>
      blocksOf(body)
        .split(" ")
        .some((block) => blocks.includes(block)),
    );
    compareShapes({
      kind: `answer: ${blocks}`,
      ours: [shapeOf(plain)],
      theirs: theirs.map((one) => shapeOf(one)),
      free: FREE,
    });
    const streamed = await send({ ...request, stream: true });
    assert.equal(streamed.headers.get("content-type"), "text/event-stream; charset=utf-8");
    for (const [kind, own] of Map.groupBy(eventsOf(await streamed.text()), kindOf)) {
      const same = events.filter((event) => kindOf(event) === kind);
      compareShapes({
        kind,
        ours: own.map((one) => shapeOf(one)),
        theirs: same.map((one) => shapeOf(one)),
        free: FREE,
      });
    }
  }
  const errors = readRecordings(folder, "messages", ["recorded", "fixture", "reported"]).filter(
    ({ response }) => response.status >= 400,
  );
  for (const [body, key] of [
    [{ model: "nope" }],
    [{ messages: [] }],
    [{}, "wrong"],
    [{ model: "small+429" }],
  ] as const) {
    const answer: unknown = await (await send(body, key)).json();
    compareShapes({ kind: "error", ours: [shapeOf(answer)], theirs: errors.map((one) => shapeOf(one.response.body)) });
  }
  const { headers } = await send(REQUESTS[0] ?? {});
  const heads = recorded.map(({ response }) => Object.keys(response.headers ?? {}));
  for (const name of new Set(heads.flat())) {
    // Only refusals say when to come again.
    if (name !== "retry-after" && name !== "x-should-retry") assert.ok(headers.has(name), `header ${name}`);
  }
});
