import assert from "node:assert/strict";
import { test } from "node:test";
import { startSimulator } from "../../simulator.ts";
import { compareShapes, eventsOf, readRecordings, recordingsOf, shapeOf } from "../../testing/recorded.ts";

const { folder, absent: skip } = recordingsOf("gemini");
/** Arguments are the caller's. */
const FREE = /\.args(\.|$)/;

type Value = Readonly<Record<string, unknown>>;
const object = (value: unknown): Value => (typeof value === "object" && value !== null ? (value as Value) : {});
const list = (value: unknown): Value[] => (Array.isArray(value) ? value.map(object) : []);

/** What an event or answer holds: kinds of part, an end, or a blocked prompt. */
function kindOf(response: unknown): string {
  const { candidates, promptFeedback } = object(response);
  const [candidate] = list(candidates);
  if (promptFeedback !== undefined && candidate === undefined) return "blocked";
  const kinds = list(object(candidate?.["content"])["parts"]).map((part) =>
    part["functionCall"] === undefined ? (part["thought"] === true ? "thought" : "text") : "call",
  );
  const end = candidate?.["finishReason"] === undefined ? [] : ["end"];
  return [...new Set(kinds), ...end].sort().join(" ");
}

const WEATHER = {
  functionDeclarations: [
    {
      name: "get_weather",
      parameters: { type: "OBJECT", properties: { city: { type: "STRING" } }, required: ["city"] },
    },
  ],
};
const ask = (text: string) => ({ contents: [{ role: "user", parts: [{ text }] }] });
const THINK = { generationConfig: { thinkingConfig: { includeThoughts: true } } };
const REQUESTS: readonly (readonly [string, object])[] = [
  ["small", ask("Tell me about gardening")],
  ["small", { ...ask("What is the weather in Paris and Oslo?"), tools: [WEATHER] }],
  ["reasoner", { ...ask("Tell me about gardening"), ...THINK }],
  ["reasoner", { ...ask("What is the weather in Paris?"), tools: [WEATHER] }],
  ["small+refusal", ask("Tell me about gardening")],
  ["small+cached=20", ask("Tell me about gardening")],
];

test("answers, events and errors have the shape of recorded ones", { skip }, async (context) => {
  const simulator = await startSimulator({ pace: 0 });
  context.after(() => simulator.close());
  const send = async (path: string, body: object, key = simulator.apiKey): Promise<Response> =>
    fetch(`${simulator.url}/v1beta/models/${path}`, {
      method: "POST",
      headers: { "x-goog-api-key": key },
      body: JSON.stringify(body),
    });
  const recorded = readRecordings(folder, "generate_content", ["recorded", "fixture"]);
  const bodies = recorded.flatMap(({ response }) =>
    response.status === 200 && response.body !== undefined && !Array.isArray(response.body) ? [response.body] : [],
  );
  const arrays = recorded.flatMap(({ response }) => (Array.isArray(response.body) ? response.body : []));
  const events = [...recorded.flatMap(({ response }) => eventsOf(response.sse ?? "")), ...arrays];
  // Every answer of any kind lends its frame: what stands beside the candidates does not depend on their kind.
  const frames = [...bodies, ...events].map(
    (one) => new Map([...shapeOf(one)].filter(([path]) => !path.startsWith(".candidates"))),
  );
  const compare = (kind: string, ours: readonly unknown[], theirs: readonly unknown[]): void => {
    const inner = (one: unknown) => new Map([...shapeOf(one)].filter(([path]) => path.startsWith(".candidates")));
    const frame = (one: unknown) => new Map([...shapeOf(one)].filter(([path]) => !path.startsWith(".candidates")));
    compareShapes({ kind: `${kind}: frame`, ours: ours.map(frame), theirs: frames });
    if (kind.endsWith("blocked")) return;
    compareShapes({ kind, ours: ours.map(inner), theirs: theirs.map(inner), free: FREE });
  };
  for (const [model, body] of REQUESTS) {
    const plain: unknown = await (await send(`${model}:generateContent`, body)).json();
    compare(
      `answer ${kindOf(plain)}`,
      [plain],
      bodies.filter((one) => kindOf(one).includes(kindOf(plain).includes("call") ? "call" : "text")),
    );
    const streamed = await send(`${model}:streamGenerateContent?alt=sse`, body);
    assert.equal(streamed.headers.get("content-type"), "text/event-stream");
    const sse = eventsOf(await streamed.text());
    for (const [kind, own] of Map.groupBy(sse, kindOf)) {
      compare(
        `event ${kind}`,
        own,
        events.filter((one) => kindOf(one) === kind),
      );
    }
    const array: unknown = await (await send(`${model}:streamGenerateContent`, body)).json();
    assert.deepEqual(list(array).map(kindOf), sse.map(kindOf));
  }
  const errors = readRecordings(folder, "generate_content", ["recorded", "fixture", "reported"]).filter(
    ({ response }) => response.status >= 400,
  );
  for (const [path, key] of [
    ["nope:generateContent"],
    ["small:generateContent", "wrong"],
    ["small+429:generateContent"],
    ["small+503:generateContent"],
  ] as const) {
    const answer: unknown = await (await send(path, {}, key)).json();
    const free = /\.quotaDimensions\./;
    compareShapes({
      kind: "error",
      ours: [shapeOf(answer)],
      theirs: errors.map((one) => shapeOf(one.response.body)),
      free,
    });
  }
  const { headers } = await send("small:generateContent", ask("Hi"));
  const heads = recorded.map(({ response }) => Object.keys(response.headers ?? {}));
  for (const name of new Set(heads.flat())) assert.ok(headers.has(name), `header ${name}`);
});
