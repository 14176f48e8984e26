// shapes: embedded distributed
import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import type { System } from "../harness/system.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";

/** Anthropic's own client, unchanged, against every kind of provider. */
const MODELS = ["sim/small", "sim-anthropic/small", "sim-gemini/small"];
const THINKERS = ["sim/reasoner", "sim-anthropic/reasoner", "sim-gemini/reasoner"];
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

type Param = Anthropic.MessageParam;
type Body = Omit<Anthropic.MessageCreateParamsNonStreaming, "stream">;
type Ask = (client: Anthropic, body: Body) => Promise<Anthropic.Message>;

const weather: Anthropic.Tool = {
  name: "get_weather",
  description: "Tells the weather",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const hello: Param[] = [{ role: "user", content: "Hello" }];

const WAYS: Readonly<Record<string, Ask>> = {
  plain: (client, body) => client.messages.create(body),
  streamed: (client, body) => client.messages.stream(body).finalMessage(),
};

const clientOf = (system: System, apiKey = system.apiKey): Anthropic =>
  new Anthropic({ baseURL: system.url, apiKey, maxRetries: 0 });

function textOf({ content }: Anthropic.Message): string {
  return content.map((block) => (block.type === "text" ? block.text : "")).join("");
}

async function failure(asked: Promise<unknown>): Promise<InstanceType<typeof Anthropic.APIError>> {
  const error: unknown = await asked.then(
    () => assert.fail("the call succeeded"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Anthropic.APIError, String(error));
  return error;
}

const everyModel: readonly Case[] = MODELS.map(
  (model): Case => [
    `plain and streamed say the same with ${model}`,
    async (system) => {
      const client = clientOf(system);
      const body: Body = { model, max_tokens: 40, system: "Be brief.", messages: hello, metadata: { user_id: "u-1" } };
      const { data: whole, response, request_id: requestId } = await client.messages.create(body).withResponse();
      assert.equal(requestId, response.headers.get("x-sluice-request-id"));
      assert.equal(whole.type, "message");
      assert.equal(whole.role, "assistant");
      assert.equal(whole.stop_reason, "end_turn");
      assert.equal(whole.stop_sequence, null);
      assert.ok(whole.usage.input_tokens > 0 && whole.usage.output_tokens > 1);
      const kinds: string[] = [];
      const stream = client.messages.stream(body).on("streamEvent", ({ type }) => kinds.push(type));
      const streamed = await stream.finalMessage();
      assert.equal(textOf(streamed), textOf(whole));
      assert.equal(streamed.usage.input_tokens, whole.usage.input_tokens);
      assert.equal(streamed.usage.output_tokens, whole.usage.output_tokens);
      assert.deepEqual([kinds[0], kinds.at(-1)], ["message_start", "message_stop"]);
    },
  ],
);

const tools: readonly Case[] = THINKERS.flatMap((model) =>
  Object.entries(WAYS).map(
    ([way, ask]): Case => [
      `thinking and tools go on for three turns with ${model}, ${way}`,
      async (system) => {
        const client = clientOf(system);
        const messages: Param[] = [];
        const base: Omit<Body, "messages"> = {
          model,
          max_tokens: 4_000,
          tools: [weather],
          thinking: { type: "enabled", budget_tokens: 1_024 },
        };
        for (const city of ["Paris", "Oslo", "Rome"]) {
          messages.push({ role: "user", content: `Look at ${city}: what is the weather there?` });
          const call = await ask(client, { ...base, messages });
          assert.equal(call.stop_reason, "tool_use");
          const uses = call.content.filter((block) => block.type === "tool_use");
          assert.ok(uses.length > 0);
          for (const use of uses) assert.deepEqual(Object.keys(use.input as object), ["city"]);
          messages.push({ role: "assistant", content: call.content });
          messages.push({
            role: "user",
            content: uses.map(({ id }) => ({ type: "tool_result" as const, tool_use_id: id, content: "It is mild." })),
          });
          const answer = await ask(client, { ...base, messages });
          assert.equal(answer.stop_reason, "end_turn");
          assert.ok(textOf(answer));
          messages.push({ role: "assistant", content: answer.content });
        }
        const thought = messages.flatMap(({ content }) => (typeof content === "string" ? [] : content));
        assert.ok(
          thought.some(({ type }) => type === "thinking"),
          "thinking was shown",
        );
        if (model.startsWith("sim/")) return;
        // The control: the provider does look at what comes back.
        const changed = JSON.parse(JSON.stringify(messages), (name, value: unknown) =>
          (name === "signature" || name === "data") && typeof value === "string" ? corrupted(value) : value,
        ) as Param[];
        const again: Param = { role: "user", content: "And now?" };
        const error = await failure(client.messages.create({ ...base, messages: [...changed, again] }));
        assert.equal(error.status, 400);
        assert.match(error.message, /[Ss]ignature/);
      },
    ],
  ),
);

/** A signature with another ending; one made elsewhere keeps its maker. */
function corrupted(signature: string): string {
  const carried = Buffer.from(signature, "base64").toString();
  if (!carried.startsWith("sluice/1/")) return `AAAA${signature.slice(4)}`;
  const cut = carried.lastIndexOf("/") + 1;
  return Buffer.from(`${carried.slice(0, cut)}AAAA${carried.slice(cut + 4)}`).toString("base64");
}

const schema: Record<string, unknown> = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};

const features: readonly Case[] = [
  ...MODELS.map(
    (model): Case => [
      `an answer is held to a schema with ${model}`,
      async (system) => {
        const answer = await clientOf(system).messages.create({
          model,
          max_tokens: 200,
          messages: [{ role: "user", content: "Name a city." }],
          output_config: { format: { type: "json_schema", schema } },
        });
        const parsed = JSON.parse(textOf(answer)) as Record<string, unknown>;
        assert.equal(typeof parsed["city"], "string");
      },
    ],
  ),
  ...MODELS.map(
    (model): Case => [
      `pictures, documents, cached prompts and stop sequences are taken by ${model}`,
      async (system) => {
        const answer = await clientOf(system).messages.create({
          model,
          max_tokens: 60,
          stop_sequences: ["never said"],
          system: [{ type: "text", text: "Look closely.", cache_control: { type: "ephemeral" } }],
          messages: [
            {
              role: "user",
              content: [
                { type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL } },
                { type: "text", text: "What is this?", cache_control: { type: "ephemeral", ttl: "1h" } },
              ],
            },
          ],
        });
        assert.ok(textOf(answer));
      },
    ],
  ),
  [
    "tokens are counted without asking a provider",
    async (system) => {
      const client = clientOf(system);
      const few = await client.messages.countTokens({ model: "sim/small", messages: hello });
      const many = await client.messages.countTokens({
        model: "sim/small",
        system: "Be brief.",
        messages: [{ role: "user", content: "Hello ".repeat(100) }],
        tools: [weather],
      });
      assert.ok(few.input_tokens > 0);
      assert.ok(many.input_tokens > few.input_tokens + 100);
    },
  ],
  [
    "models are listed in pages, and shown",
    async (system) => {
      const client = clientOf(system);
      const ids: string[] = [];
      for await (const { id, type } of client.models.list({ limit: 2 })) {
        assert.equal(type, "model");
        ids.push(id);
      }
      assert.ok(ids.includes("sim/small") && ids.includes("sim-gemini/reasoner"));
      assert.equal(new Set(ids).size, ids.length);
      assert.equal((await client.models.retrieve("sim/small")).id, "sim/small");
      const error = await failure(client.models.retrieve("sim/nothing"));
      assert.ok(error instanceof Anthropic.NotFoundError);
    },
  ],
  [
    "an answer that is too long ends with max_tokens",
    async (system) => {
      for (const ask of Object.values(WAYS)) {
        const answer = await ask(clientOf(system), { model: "sim/exact", max_tokens: 12, messages: hello });
        assert.equal(answer.stop_reason, "max_tokens");
        assert.equal(answer.usage.output_tokens, 12);
      }
    },
  ],
];

const errors: readonly Case[] = [
  [
    "errors are the client's own types",
    async (system) => {
      const client = clientOf(system);
      const ask = (model: string) => failure(client.messages.create({ model, max_tokens: 20, messages: hello }));
      const unknown = await failure(
        clientOf(system, "sk-nobody").messages.create({ model: "sim/small", max_tokens: 9, messages: hello }),
      );
      assert.ok(unknown instanceof Anthropic.AuthenticationError);
      assert.equal(unknown.type, "authentication_error");
      const missing = await ask("sim/nothing");
      assert.ok(missing instanceof Anthropic.NotFoundError, String(missing));
      assert.equal(missing.type, "not_found_error");
      assert.ok(missing.requestID?.startsWith("req_"));
      const wrong = await failure(
        client.messages.create({
          model: "sim/small",
          max_tokens: 0,
          messages: [{ role: "user", content: [{ type: "image" }] }],
        } as unknown as Body),
      );
      assert.ok(wrong instanceof Anthropic.BadRequestError);
      assert.equal(wrong.type, "invalid_request_error");
      assert.match(wrong.message, /max_tokens .* at least 1.*messages\[0\]\.content\[0\]\.source is required/s);
      assert.ok((await ask("sim-anthropic/small+400")) instanceof Anthropic.BadRequestError);
      assert.ok((await ask("sim-anthropic/small+429")) instanceof Anthropic.RateLimitError);
      const busy = await ask("sim-anthropic/small+503");
      assert.equal(busy.status, 529);
      assert.equal(busy.type, "overloaded_error");
    },
  ],
  [
    "an error in the middle of a stream is raised by the client",
    async (system) => {
      const stream = clientOf(system).messages.stream({
        model: "sim/large+inband-error=30",
        max_tokens: 400,
        messages: hello,
      });
      const error = await failure(stream.finalMessage());
      assert.equal(error.type, "api_error");
    },
  ],
  [
    "a client that leaves ends its answer",
    async (system) => {
      const stream = clientOf(system).messages.stream({ model: "sim/large", max_tokens: 400, messages: hello });
      stream.on("text", () => stream.abort());
      await assert.rejects(stream.finalMessage(), Anthropic.APIUserAbortError);
    },
  ],
];

proveInEachShape("Anthropic's client", [...everyModel, ...tools, ...features, ...errors]);
