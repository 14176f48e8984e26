import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { startSimulator } from "../../simulator.ts";
import { eventsOf, recordingsOf } from "../../testing/recorded.ts";

const FILE = join(recordingsOf("openapi").folder, "gemini.json.gz");
const skip = existsSync(FILE) ? false : `no specification at ${FILE}: the wire was NOT compared with it`;

type Schema = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a value has that its schema does not: unknown fields, other types, other words. */
function differences(value: unknown, schema: unknown, schemas: Schema, at: string): string[] {
  if (!isObject(schema)) return [`${at}: no schema`];
  if (typeof schema["$ref"] === "string") {
    return differences(value, schemas[schema["$ref"].split("/").at(-1) ?? ""], schemas, at);
  }
  const { type, enum: words, items, properties, additionalProperties } = schema;
  if (Array.isArray(words) && !words.includes(value)) return [`${at}: ${String(value)} is none of ${words.join(", ")}`];
  if (type === "array") {
    if (!Array.isArray(value)) return [`${at}: not a list`];
    return value.flatMap((item, index) => differences(item, items, schemas, `${at}[${index}]`));
  }
  if (type === "object") {
    if (!isObject(value)) return [`${at}: not an object`];
    if (additionalProperties !== undefined) return [];
    return Object.entries(value).flatMap(([name, one]) =>
      differences(one, isObject(properties) ? properties[name] : undefined, schemas, `${at}.${name}`),
    );
  }
  const right = type === "integer" ? Number.isSafeInteger(value) : typeof value === type;
  return right ? [] : [`${at}: not of type ${String(type)}`];
}

const WEATHER = {
  name: "get_weather",
  parameters: { type: "OBJECT", properties: { city: { type: "STRING" } }, required: ["city"] },
};
const THINK = { thinkingConfig: { includeThoughts: true } };
const REQUESTS: readonly (readonly [string, string, object])[] = [
  ["small", "Tell me about gardening", {}],
  ["reasoner", "Tell me about gardening", { generationConfig: THINK }],
  ["reasoner", "What is the weather in Paris and Oslo?", { tools: [{ functionDeclarations: [WEATHER] }] }],
  ["small+bad-json", "What is the weather in Paris?", { tools: [{ functionDeclarations: [WEATHER] }] }],
  ["small+refusal", "Hi", {}],
  ["small+refusal=1", "Hi", {}],
  ["small+cached=3", "Hi", { generationConfig: { maxOutputTokens: 3, candidateCount: 2 } }],
];

test("answers, events and the list of models fit the published specification", { skip }, async (context) => {
  const { components } = JSON.parse(gunzipSync(readFileSync(FILE)).toString("utf8"));
  const { schemas } = components;
  const simulator = await startSimulator({ pace: 0 });
  context.after(() => simulator.close());
  const headers = { "x-goog-api-key": simulator.apiKey };
  const url = `${simulator.url}/v1beta/models`;
  const check = (value: unknown, name: string): void =>
    assert.deepEqual(differences(value, schemas[name], schemas, name), []);
  for (const [model, text, more] of REQUESTS) {
    const body = JSON.stringify({ contents: [{ role: "user", parts: [{ text }] }], ...more });
    const send = (verb: string) => fetch(`${url}/${model}:${verb}`, { method: "POST", headers, body });
    check(await (await send("generateContent")).json(), "GenerateContentResponse");
    const events = eventsOf(await (await send("streamGenerateContent?alt=sse")).text());
    assert.ok(events.length > 0);
    for (const event of events) check(event, "GenerateContentResponse");
  }
  check(await (await fetch(url, { headers })).json(), "ListModelsResponse");
  const body = JSON.stringify({ contents: [{ parts: [{ text: "Hi" }] }] });
  const counted = await fetch(`${url}/small:countTokens`, { method: "POST", headers, body });
  check(await counted.json(), "CountTokensResponse");
});
