import assert from "node:assert/strict";
import { test } from "node:test";
import { startSimulator } from "../../simulator.ts";
import { eventsOf, readRecordings, recordingsOf, type Shape, shapeOf } from "../../testing/recorded.ts";

const { folder, absent: skip } = recordingsOf("openai");

/** Fields of other OpenAI-shaped providers that the simulator shows on purpose. */
const OWN_FIELDS = /reasoning_content/;

/** What kind of event a chunk is: usage, finish, or the delta's fields. */
function kindOf(chunk: unknown): string {
  const shape = shapeOf(chunk);
  const paths = [...shape.keys()];
  if (!paths.some((path) => path.startsWith(".choices[]"))) return "usage";
  if (shape.get(".choices[].finish_reason") === "string") return "finish";
  const fields = paths.flatMap((path) => /^\.choices\[\]\.delta\.(\w+)$/.exec(path)?.[1] ?? []);
  const starts = paths.includes(".choices[].delta.tool_calls[].id") ? " start" : "";
  return (
    fields
      .filter((field) => field !== "refusal" || fields.length === 1)
      .sort()
      .join(" ") + starts
  );
}

const entries = (shapes: readonly Shape[]): string[] =>
  shapes.flatMap((shape) => [...shape].map(([path, type]) => `${path} ${type}`));

/**
 * Ours may have no path that no recording of its kind has, and must have those that all of them have.
 * `frame` names further recordings whose fields outside of the choices are fine too: the frame grew over the years.
 */
function compare(ours: readonly Shape[], theirs: readonly Shape[], kind: string, frame: readonly Shape[] = []): void {
  assert.ok(theirs.length > 0, `no recording shows: ${kind}`);
  const allowed = new Set([...entries(theirs), ...entries(frame).filter((entry) => !entry.startsWith(".choices["))]);
  const everywhere = (path: string): boolean =>
    theirs.every((shape) => shape.has(path)) &&
    (path.startsWith(".choices[") || frame.every((shape) => shape.has(path)));
  const required = [...(theirs[0]?.keys() ?? [])].filter(everywhere);
  for (const shape of ours) {
    for (const [path, type] of shape) {
      assert.ok(
        OWN_FIELDS.test(path) || allowed.has(`${path} ${type}`),
        `${kind}: no recording has ${path} as ${type}`,
      );
    }
    for (const path of required) assert.ok(shape.has(path), `${kind}: every recording has ${path}`);
  }
}

const WEATHER = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};
const REQUESTS = [
  { messages: [{ role: "user", content: "Tell me about gardening" }] },
  { messages: [{ role: "user", content: "Tell me about gardening" }], n: 2, max_tokens: 4 },
  { messages: [{ role: "user", content: "What is the weather in Paris?" }], tools: [WEATHER] },
  { messages: [{ role: "user", content: "What is the weather in Paris and Oslo?" }], tools: [WEATHER] },
  { messages: [{ role: "user", content: "A person" }], response_format: { type: "json_object" } },
];

test("answers, chunks and errors have the shape of recorded ones", { skip }, async (context) => {
  const simulator = await startSimulator({ pace: 0 });
  context.after(() => simulator.close());
  const send = async (body: object, key = simulator.apiKey): Promise<Response> =>
    fetch(`${simulator.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "small", ...body }),
    });
  const recorded = readRecordings(folder, "chat", ["recorded"]);
  const bodies = recorded.flatMap((one) => (one.response.status === 200 && one.response.body ? [one.response] : []));
  // The oldest recordings lack details that every answer has today.
  const shapes = bodies
    .map((one) => shapeOf(one.body))
    .filter((shape) => shape.has(".usage.prompt_tokens_details.audio_tokens"));
  const chunks = recorded.flatMap((one) => eventsOf(one.response.sse ?? ""));
  const frames = chunks.map((one) => shapeOf(one));
  const calls = (shape: Shape): boolean => shape.has(".choices[].message.tool_calls");
  for (const request of REQUESTS) {
    const plain = shapeOf(await (await send(request)).json());
    compare(
      [plain],
      shapes.filter((shape) => calls(shape) === calls(plain)),
      "plain answer",
    );
    for (const include_usage of [true, false]) {
      const answer = await send({ ...request, stream: true, stream_options: { include_usage } });
      assert.equal(answer.headers.get("content-type"), "text/event-stream; charset=utf-8");
      const ours = Map.groupBy(eventsOf(await answer.text()), kindOf);
      for (const [kind, own] of ours) {
        const same = chunks.filter((chunk) => kindOf(chunk) === kind).map((one) => shapeOf(one));
        compare(
          own.map((one) => shapeOf(one)),
          same,
          `chunk: ${kind}`,
          frames,
        );
      }
    }
  }
  const errors = recorded.flatMap((one) =>
    one.case.startsWith("error-") && one.response.body ? [shapeOf(one.response.body)] : [],
  );
  for (const [body, key] of [
    [{ model: "nope" }],
    [{ messages: [] }],
    [{}, "wrong"],
    [{ model: "small+429", messages: [] }],
  ] as const) {
    compare([shapeOf(await (await send(body, key)).json())], errors, "error");
  }
  const head =
    bodies.map((one) => Object.keys(one.headers ?? {})).find((names) => names.includes("x-ratelimit-reset-tokens")) ??
    [];
  const { headers } = await send({ messages: REQUESTS[0]?.messages });
  for (const name of head) assert.ok(headers.has(name) || name === "x-envoy-upstream-service-time", `header ${name}`);
});
