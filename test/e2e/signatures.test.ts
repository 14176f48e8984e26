// shapes: embedded distributed
import assert from "node:assert/strict";
import OpenAI from "openai";
import type { System } from "../harness/system.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";

/** The simulator over the wires that sign; like their providers it refuses a signature that came back changed or not at all. */
const SIGNING: Readonly<Record<string, RegExp>> = {
  "sim-anthropic/reasoner": /Invalid `signature` in `thinking` block/,
  "sim-gemini/reasoner": /[Ss]ignature/,
};
const tools = [
  {
    type: "function" as const,
    function: {
      name: "get_weather",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  },
];

type Message = OpenAI.ChatCompletionMessageParam;
type Answer = OpenAI.ChatCompletionMessage;
type Body = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, "stream">;
/** How a client asks; it sends back exactly what it was given. */
type Ask = (openai: OpenAI, body: Body) => Promise<Answer | undefined>;

const WAYS: Readonly<Record<string, Ask>> = {
  plain: async (openai, body) => (await openai.chat.completions.create(body)).choices[0]?.message,
  streamed: (openai, body) => openai.chat.completions.stream(body).finalMessage(),
};

const client = (system: System): OpenAI =>
  new OpenAI({ baseURL: `${system.url}/v1`, apiKey: system.apiKey, maxRetries: 0 });

function withResults(message: Answer): Message[] {
  const results = (message.tool_calls ?? []).map(
    ({ id }): Message => ({ role: "tool", tool_call_id: id, content: "It is mild." }),
  );
  return [message, ...results];
}

/** Three questions with tools in one conversation; gives all of it back. */
async function converse(system: System, model: string, ask: Ask): Promise<Message[]> {
  const openai = client(system);
  const messages: Message[] = [];
  for (const city of ["Paris", "Oslo", "Rome"]) {
    messages.push({ role: "user", content: `Look at ${city}: what is the weather there?` });
    const call = await ask(openai, { model, messages, tools, reasoning_effort: "low" });
    assert.ok(call?.tool_calls?.[0], `${model} calls its tool for ${city}`);
    messages.push(...withResults(call));
    const answer = await ask(openai, { model, messages, tools, reasoning_effort: "low" });
    assert.ok(answer?.content, `${model} answers for ${city}`);
    messages.push(answer);
  }
  return messages;
}

const SIGNATURE = /("(?:thought_signature|signature)":")([^"]{4})/g;

const cases: readonly Case[] = Object.entries(SIGNING).flatMap(([model, complaint]) =>
  Object.entries(WAYS).map(
    ([way, ask]): Case => [
      `three turns with tools keep the signatures of ${model}, ${way}`,
      async (system) => {
        const messages = await converse(system, model, ask);
        const said = JSON.stringify(messages);
        assert.ok([...said.matchAll(SIGNATURE)].length >= 3, "signatures were given out");
        // The control: the provider does look at what comes back.
        const changed = JSON.parse(said.replace(SIGNATURE, "$1AAAA")) as Message[];
        const again: Message = { role: "user", content: "And now?" };
        const refused = client(system).chat.completions.create({ model, messages: [...changed, again], tools });
        await assert.rejects(refused, (error: unknown) => {
          assert.ok(error instanceof OpenAI.APIError);
          assert.equal(error.status, 400);
          assert.match(error.message, complaint);
          return true;
        });
      },
    ],
  ),
);

proveInEachShape("signatures without a memory", cases);
