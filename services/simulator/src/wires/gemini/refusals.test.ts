import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Simulator, startSimulator } from "../../simulator.ts";

let simulator: Simulator;
before(async () => {
  simulator = await startSimulator({ pace: 0, bodyBytesMax: 100_000 });
});
after(() => simulator.close());

const CONTENTS = [{ role: "user", parts: [{ text: "Hi" }] }];

async function send(body: string, more: { key?: string; path?: string } = {}) {
  const response = await fetch(`${simulator.url}/v1beta/models/${more.path ?? "small:generateContent"}`, {
    method: "POST",
    headers: { "x-goog-api-key": more.key ?? simulator.apiKey },
    body,
  });
  const json = JSON.parse(await response.text());
  return { status: response.status, array: Array.isArray(json), error: (Array.isArray(json) ? json[0] : json).error };
}

const config = (generationConfig: object) => ({ generationConfig });
const declare = (declaration: object) => ({ tools: [{ functionDeclarations: [{ name: "now", ...declaration }] }] });
const part = (value: object) => ({ contents: [{ role: "user", parts: [value] }] });

const INVALID: readonly [string, object, RegExp][] = [
  ["no contents", { contents: undefined }, /contents is not specified/],
  ["an unknown role", { contents: [{ role: "boss", parts: [{ text: "Hi" }] }] }, /valid role: user, model/],
  ["no parts", { contents: [{ role: "user", parts: [] }] }, /must not be empty/],
  ["an empty part", part({ thought: true }), /oneof field 'data'/],
  ["an unknown field", { max_tokens: 4 }, /Unknown name "max_tokens": Cannot find field/],
  ["an unknown setting", config({ n: 2 }), /Unknown name "n" at 'generation_config'/],
  [
    "an unknown field of a part",
    part({ text: "Hi", type: "text" }),
    /Unknown name "type" at 'contents\[0\]\.parts\[0\]'/,
  ],
  ["a word no schema has", declare({ parameters: { type: "OBJECT", $schema: "x" } }), /"\$schema" at .*parameters'/],
  [
    "such a word further in",
    declare({ parameters: { type: "OBJECT", properties: { a: { type: "ARRAY", items: { const: 1 } } } } }),
    /"const" at 'tools\[0\]\.function_declarations\[0\]\.parameters\.properties\[a\]\.value\.items'/,
  ],
  ["two schemas of one function", declare({ parameters: {}, parametersJsonSchema: {} }), /cannot both be set/],
  ["a name with a space", { tools: [{ functionDeclarations: [{ name: "a b" }] }] }, /Invalid function name/],
  ["a limit of zero", config({ maxOutputTokens: 0 }), /max_output_tokens: maxOutputTokens must be in the range/],
  ["a temperature too high", config({ temperature: 3 }), /temperature must be in the range \[0, 2\]/],
  ["too many stop sequences", config({ stopSequences: ["a", "b", "c", "d", "e", "f"] }), /at most 5/],
  ["a level for a model that does not think", config({ thinkingConfig: { thinkingLevel: "LOW" } }), /not supported/],
  ["two ways to think", config({ thinkingConfig: { thinkingLevel: "LOW", thinkingBudget: 1 } }), /only one of/],
  ["a schema without its type", config({ responseSchema: { type: "OBJECT" } }), /only allowed when response_mime_type/],
  ["an unknown form", config({ responseMimeType: "text/xml" }), /allowed mimetypes/],
];
for (const [name, change, message] of INVALID) {
  test(`${name} is refused`, async () => {
    const { status, error } = await send(JSON.stringify({ contents: CONTENTS, ...change }));
    assert.deepEqual([status, error.code, error.status], [400, 400, "INVALID_ARGUMENT"]);
    assert.match(error.message, message);
  });
}

test("fields in snake case are read, and names of properties are free", async () => {
  const parameters = { type: "OBJECT", properties: { $schema: { type: "STRING" } }, required: ["$schema"] };
  const body = {
    contents: CONTENTS,
    system_instruction: { parts: [{ text: "Be brief" }] },
    tools: [{ function_declarations: [{ name: "now", parameters }] }],
    tool_config: { function_calling_config: { mode: "ANY" } },
    generation_config: { max_output_tokens: 50, thinking_config: { include_thoughts: true } },
  };
  assert.equal((await send(JSON.stringify(body))).status, 200);
});

test("broken bodies, a wrong key, an unknown path: each in this wire's shape, in an array where a stream is one", async () => {
  const seen = simulator.bills().at(-1)?.sequence ?? 0;
  const deep = `{"contents":[{"parts":[{"text":"a"}]}],"tools":${"[".repeat(40_000)}${"]".repeat(40_000)}}`;
  for (const body of ["", "{", "[]", "null"]) assert.equal((await send(body)).status, 400);
  assert.ok(simulator.bills(seen).every((bill) => bill.outcome === "refused" && bill.prompt_tokens === 0));
  assert.ok((await send(deep)).status < 500);
  const wrong = await send("{}", { key: "wrong" });
  assert.equal(wrong.error.details[0].reason, "API_KEY_INVALID");
  const array = await send("{}", { path: "small:streamGenerateContent" });
  assert.deepEqual([array.status, array.array], [400, true]);
  const events = await send("{}", { path: "small:streamGenerateContent?alt=sse" });
  assert.deepEqual([events.status, events.array], [400, false]);
  assert.equal((await send("{}", { path: "small:embedContent" })).error.status, "NOT_FOUND");
  assert.equal((await send("x".repeat(200_000))).status, 400);
});

test("the key is taken from the header, the query or a bearer token", async () => {
  const url = `${simulator.url}/v1beta/models`;
  const authorization = `Bearer ${simulator.apiKey}`;
  assert.equal((await fetch(`${url}?key=${simulator.apiKey}`)).status, 200);
  assert.equal((await fetch(url, { headers: { authorization } })).status, 200);
  assert.equal((await fetch(url)).status, 400);
});
