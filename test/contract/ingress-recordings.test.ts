import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { parse as parseYaml } from "yaml";
import { chatParser } from "../../services/ingress/src/endpoints/chat-completions/request.ts";
import { hello, openDoor } from "./ingress-door.ts";

/** Recorded exchanges and provider specifications lie beside the checkout where they are available. */
const FIXTURES = join(import.meta.dirname, "../../../shared/fixtures");
const RECORDINGS = join(FIXTURES, "openai");
const SPECIFICATION = join(FIXTURES, "openapi/openai.yaml.gz");

interface Recording {
  readonly api: string;
  readonly request?: { readonly body?: unknown };
  readonly response: { readonly status: number };
}

interface ObjectSchema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, ObjectSchema>>;
  readonly items?: ObjectSchema;
}

test("every recorded chat request that was accepted is understood", (t: TestContext) => {
  if (!existsSync(RECORDINGS)) return t.diagnostic("no recordings beside the checkout: nothing was compared");
  const parse = chatParser({ choicesMax: 16, messagesMax: 10_000, toolsMax: 512, partsMax: 10_000 });
  let count = 0;
  for (const file of readdirSync(RECORDINGS).filter((name) => name.endsWith(".json"))) {
    const recording = JSON.parse(readFileSync(join(RECORDINGS, file), "utf8")) as Recording;
    const body = recording.request?.body;
    if (recording.api !== "chat" || recording.response.status !== 200 || typeof body !== "object" || body === null)
      continue;
    assert.doesNotThrow(() => parse(body), file);
    count++;
  }
  assert.ok(count > 20, `${count} requests`);
  t.diagnostic(`${count} recorded requests were parsed`);
});

test("answers have every field OpenAI's specification requires", async (t: TestContext) => {
  if (!existsSync(SPECIFICATION)) return t.diagnostic("no specification beside the checkout: nothing was compared");
  const { components } = parseYaml(gunzipSync(readFileSync(SPECIFICATION)).toString("utf8")) as {
    components: { schemas: Record<string, ObjectSchema> };
  };
  const door = await openDoor({ route: hello });
  try {
    const ask = { model: "sim/small", messages: [{ role: "user", content: "Hi" }] };
    const plain: unknown = await (await door.chat(ask)).json();
    requireFields(plain, components.schemas["CreateChatCompletionResponse"], "completion");
    const options = { stream: true, stream_options: { include_usage: true } };
    const events = (await (await door.chat({ ...ask, ...options })).text()).split("\n\n");
    for (const event of events.filter((text) => text.startsWith("data: {"))) {
      const chunk: unknown = JSON.parse(event.slice(6));
      requireFields(chunk, components.schemas["CreateChatCompletionStreamResponse"], "chunk");
    }
  } finally {
    await door.stop();
  }
});

/** Checks the required fields of objects written out in the schema; references are left alone. */
function requireFields(value: unknown, schema: ObjectSchema | undefined, path: string): void {
  if (typeof value !== "object" || value === null || schema === undefined) return;
  for (const name of schema.required ?? []) assert.ok(name in value, `${path}.${name} is missing`);
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const field = (value as Record<string, unknown>)[name];
    if (Array.isArray(field)) for (const entry of field) requireFields(entry, inner.items, `${path}.${name}[]`);
    else requireFields(field, inner, `${path}.${name}`);
  }
}
