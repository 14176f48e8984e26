import assert from "node:assert/strict";

/** What each wire demands of a request's form, as its provider checks it before any model sees the words. */

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function objects(value: unknown, what: string): readonly Json[] {
  assert.ok(Array.isArray(value), `${what} is a list`);
  for (const entry of value as unknown[]) assert.ok(isObject(entry), `${what} holds objects`);
  return value as Json[];
}

function filled(value: unknown, what: string): void {
  assert.ok(typeof value === "string" && value.trim() !== "", `${what} says something`);
}

function alternates(roles: readonly unknown[], first: string): void {
  assert.equal(roles[0], first);
  for (const [at, role] of roles.entries()) assert.notEqual(role, roles[at - 1], `turn ${at} has another role`);
}

const ANTHROPIC_ID = /^[a-zA-Z0-9_-]+$/;
const ANTHROPIC_NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const IMAGES = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"]);

function anthropicBlock(block: Json): void {
  const source = isObject(block["source"]) ? block["source"] : {};
  if (block["type"] === "text") filled(block["text"], "a text block");
  else if (block["type"] === "image") {
    if (source["type"] !== "base64") return;
    assert.ok(IMAGES.has(String(source["media_type"])), "a picture of a known type");
    filled(source["data"], "a picture");
  } else if (block["type"] === "document") {
    if (source["type"] !== "url" && source["type"] !== "file") filled(source["data"], "a document");
  } else assert.fail(`no block of type ${String(block["type"])} here`);
}

function anthropicAnswer(content: readonly Json[], ids: Set<string>): readonly string[] {
  const calls: string[] = [];
  let rest = false;
  for (const block of content) {
    const type = block["type"];
    if (type === "thinking" || type === "redacted_thinking") {
      assert.ok(!rest, "thinking stands first");
      filled(type === "thinking" ? block["signature"] : block["data"], "a signature");
      continue;
    }
    rest = true;
    if (type !== "tool_use") {
      anthropicBlock(block);
      continue;
    }
    const id = String(block["id"]);
    assert.match(id, ANTHROPIC_ID);
    assert.ok(!ids.has(id), "call ids are unique");
    ids.add(id);
    assert.match(String(block["name"]), ANTHROPIC_NAME);
    assert.ok(isObject(block["input"]), "input is an object");
    calls.push(id);
  }
  return calls;
}

function anthropicQuestion(content: readonly Json[], open: readonly string[]): void {
  const answered: string[] = [];
  let rest = false;
  for (const block of content) {
    if (block["type"] !== "tool_result") {
      rest = true;
      anthropicBlock(block);
      continue;
    }
    assert.ok(!rest, "results stand first");
    answered.push(String(block["tool_use_id"]));
    if (Array.isArray(block["content"])) objects(block["content"], "a result's content").forEach(anthropicBlock);
  }
  assert.deepEqual([...answered].sort(), [...open].sort(), "every call has its one result, and no other");
}

function anthropicTools(body: Json): void {
  const tools = body["tools"] === undefined ? [] : objects(body["tools"], "tools");
  const names = tools.map(({ name }) => name);
  for (const { input_schema: schema } of tools) assert.ok(isObject(schema) && schema["type"] === "object");
  const choice = body["tool_choice"];
  if (choice === undefined) return;
  assert.ok(isObject(choice) && tools.length > 0, "a choice needs tools");
  if (choice["type"] === "tool") assert.ok(names.includes(choice["name"]), "the tool to call is there");
}

/** Anthropic's Messages. */
export function anthropicRules(body: Json): void {
  const messages = objects(body["messages"], "messages");
  alternates(
    messages.map(({ role }) => role),
    "user",
  );
  const ids = new Set<string>();
  let open: readonly string[] = [];
  for (const { role, content } of messages) {
    const blocks = objects(content, "content");
    assert.ok(blocks.length > 0, "no turn is empty");
    if (role === "user") anthropicQuestion(blocks, open);
    open = role === "assistant" ? anthropicAnswer(blocks, ids) : [];
  }
  assert.deepEqual(open, [], "the last calls are answered");
  const last = messages.at(-1);
  const end = last?.["role"] === "assistant" ? objects(last["content"], "content").at(-1) : undefined;
  if (typeof end?.["text"] === "string") assert.equal(end["text"], end["text"].trimEnd());
  for (const block of body["system"] === undefined ? [] : objects(body["system"], "system")) anthropicBlock(block);
  const marks = JSON.stringify(body).match(/"cache_control":\{"type":"(?!ephemeral)/);
  assert.equal(marks, null, "one kind of cache mark");
  anthropicTools(body);
  const max = body["max_tokens"];
  assert.ok(typeof max === "number" && Number.isSafeInteger(max) && max >= 1);
  const { thinking, temperature } = body;
  if (isObject(thinking) && thinking["type"] === "enabled") {
    const budget = Number(thinking["budget_tokens"]);
    assert.ok(budget >= 1_024 && budget < max, "room for an answer beside the thinking");
  }
  if (temperature !== undefined) assert.ok(typeof temperature === "number" && temperature <= 1, String(temperature));
}

function geminiPart(part: Json): void {
  const { text, inlineData, fileData } = part;
  if (inlineData !== undefined) {
    assert.ok(isObject(inlineData));
    filled(inlineData["data"], "inline data");
    filled(inlineData["mimeType"], "its type");
  } else if (fileData !== undefined) {
    assert.ok(isObject(fileData));
    filled(fileData["fileUri"], "a file's address");
  } else {
    assert.equal(typeof text, "string", `a part of a known kind: ${Object.keys(part).join()}`);
    if (part["thoughtSignature"] === undefined) assert.notEqual(text, "");
  }
}

const GEMINI_NAME = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/;

function geminiTurn(parts: readonly Json[], open: number): number {
  let calls = 0;
  let results = 0;
  for (const part of parts) {
    const { functionCall: call, functionResponse: response } = part;
    if (isObject(call)) {
      assert.match(String(call["name"]), GEMINI_NAME);
      assert.ok(isObject(call["args"]), "args is an object");
      calls += 1;
    } else if (isObject(response)) {
      assert.match(String(response["name"]), GEMINI_NAME);
      assert.ok(isObject(response["response"]), "a response is an object");
      results += 1;
    } else geminiPart(part);
  }
  assert.equal(results, open, "as many results as calls");
  return calls;
}

function geminiTools(body: Json): void {
  const tools = body["tools"] === undefined ? [] : objects(body["tools"], "tools");
  const declared = tools.flatMap((tool) => objects(tool["functionDeclarations"] ?? [], "declarations"));
  const config = isObject(body["toolConfig"]) ? body["toolConfig"]["functionCallingConfig"] : undefined;
  if (!isObject(config)) return;
  assert.ok(declared.length > 0, "a choice needs tools");
  const names = declared.map(({ name }) => name);
  for (const name of (config["allowedFunctionNames"] ?? []) as unknown[])
    assert.ok(names.includes(name), "it is there");
}

/** Google's generateContent. */
export function geminiRules(body: Json): void {
  const contents = objects(body["contents"], "contents");
  alternates(
    contents.map(({ role }) => role),
    "user",
  );
  let open = 0;
  for (const { role, parts } of contents) {
    const list = objects(parts, "parts");
    assert.ok(list.length > 0, "no turn is empty");
    const calls = geminiTurn(list, open);
    assert.ok(calls === 0 || role === "model", "only the model calls");
    open = calls;
  }
  assert.equal(open, 0, "the last calls are answered");
  const system = isObject(body["systemInstruction"]) ? objects(body["systemInstruction"]["parts"], "parts") : [];
  for (const part of system) assert.ok(typeof part["text"] === "string" && part["text"] !== "");
  geminiTools(body);
  const config = isObject(body["generationConfig"]) ? body["generationConfig"] : {};
  assert.ok(((config["stopSequences"] ?? []) as unknown[]).length <= 5);
}

/** OpenAI's chat completions, as far as every look-alike agrees. What the caller wrote in this very dialect stays as it is. */
export function openaiRules(body: Json): void {
  for (const message of objects(body["messages"], "messages")) {
    const { role, content } = message;
    assert.ok(["system", "developer", "user", "assistant", "tool", "function"].includes(String(role)));
    if (Array.isArray(content)) assert.ok(content.length > 0, "no content is an empty list");
    else
      assert.ok(typeof content === "string" || (role === "assistant" && content === null), "content of a known form");
    if (role === "tool") assert.notEqual(message["tool_call_id"], "");
    if (message["tool_calls"] !== undefined) assert.ok(objects(message["tool_calls"], "calls").length > 0);
  }
  if (body["tools"] !== undefined) assert.ok(objects(body["tools"], "tools").length > 0);
  else
    assert.deepEqual(
      [body["tool_choice"], body["parallel_tool_calls"]],
      [undefined, undefined],
      "a choice needs tools",
    );
}

/** Mistral: ids of nine letters or digits, each once in its turn, results of calls that are there, and no role of older days. */
export function mistralRules(body: Json): void {
  openaiRules(body);
  let open: string[] = [];
  for (const message of objects(body["messages"], "messages")) {
    assert.notEqual(message["role"], "function");
    const calls = (message["tool_calls"] ?? []) as readonly Json[];
    if (message["role"] === "assistant") open = calls.map(({ id }) => String(id));
    for (const id of open) assert.match(id, /^[A-Za-z0-9]{9}$/);
    assert.equal(new Set(open).size, open.length, "ids are unique");
    if (message["role"] === "tool") assert.match(String(message["tool_call_id"]), /^[A-Za-z0-9]{9}$/);
  }
}
