import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import OpenAI from "openai";
import { batch, finish, head, openDoor, start, summary, type TestDoor, text } from "./ingress-door.ts";
import { readOpenAiSpec } from "./openai-spec.ts";

const spec = readOpenAiSpec();

type Json = Record<string, unknown>;

const token = { token: "Hi", logprob: -0.5, bytes: null, top_logprobs: [{ token: "Hi", logprob: -0.5 }] };
const logprobs = { event: { $case: "logprobsJson", value: JSON.stringify({ content: [token] }) } } as const;

let door: TestDoor;
let seen: ChatRequest[] = [];
/** Requests that have begun and not ended. */
let open = 0;

before(async () => {
  door = await openDoor({
    route: async function* ({ chat }) {
      seen.push(chat as ChatRequest);
      const said = chat?.messages[0]?.parts[0]?.kind?.value;
      open++;
      try {
        yield head();
        yield batch(start, text(`${said}?`), ...(chat?.logprobs === true ? [logprobs] : []));
        if (said === "break") yield summary({ error: { code: "upstream_bad_response", message: "It broke." } });
        else if (said === "wait") await new Promise((resolve) => setImmediate(resolve));
        yield batch(text(" Yes."), finish());
        yield summary();
      } finally {
        open--;
      }
    },
  });
});
after(() => door.stop());

const client = () => new OpenAI({ baseURL: `${door.url}/v1`, apiKey: door.key, maxRetries: 0 });

type Body = Omit<OpenAI.CompletionCreateParamsNonStreaming, "model" | "stream">;

async function plain(body: Body): Promise<OpenAI.Completion> {
  seen = [];
  const { data, response } = await client()
    .completions.create({ model: "sim/small", ...body })
    .withResponse();
  assert.match(response.headers.get("x-sluice-warnings") ?? "", /asked as a chat/);
  spec?.check("CreateCompletionResponse", data);
  return data;
}

async function streamed(body: Body): Promise<OpenAI.Completion[]> {
  const events: OpenAI.Completion[] = [];
  const stream_options = { include_usage: true };
  const asked = { model: "sim/small", ...body, stream: true as const, stream_options };
  for await (const event of await client().completions.create(asked)) events.push(event);
  return events;
}

test("a prompt is asked as a chat of one message, plain and streamed", async () => {
  const whole = await plain({ prompt: "Ready" });
  assert.equal(whole.choices[0]?.text, "Ready? Yes.");
  assert.equal(whole.choices[0]?.finish_reason, "stop");
  assert.equal(whole.usage?.total_tokens, 12);
  assert.equal(seen[0]?.maxOutputTokens, 16n);
  const events = await streamed({ prompt: "Ready" });
  assert.equal(events.map(({ choices }) => choices[0]?.text ?? "").join(""), "Ready? Yes.");
  assert.deepEqual(events.at(-1)?.usage, whole.usage);
  assert.equal(events.at(-2)?.choices[0]?.finish_reason, "stop");
});

test("several prompts are several chats, their choices numbered through and their cost one sum", async () => {
  const whole = await plain({ prompt: ["A", "B"], echo: true, max_tokens: 5 });
  assert.deepEqual(
    whole.choices.map(({ index, text: said }) => [index, said]),
    [
      [0, "AA? Yes."],
      [1, "BB? Yes."],
    ],
  );
  assert.equal(whole.usage?.total_tokens, 24);
  assert.equal(seen.length, 2);
  const events = await streamed({ prompt: ["A", "B"], echo: true });
  const said = [0, 1].map((index) =>
    events
      .flatMap(({ choices }) => choices)
      .filter((choice) => choice.index === index)
      .map((choice) => choice.text)
      .join(""),
  );
  assert.deepEqual(said, ["AA? Yes.", "BB? Yes."]);
});

test("log probabilities have the older form", async () => {
  const [choice] = (await plain({ prompt: "Hey", logprobs: 2 })).choices;
  const columns = { tokens: ["Hi"], token_logprobs: [-0.5], top_logprobs: [{ Hi: -0.5 }], text_offset: [3] };
  assert.deepEqual(choice?.logprobs, columns);
  assert.equal(seen[0]?.topLogprobs, 2);
  const [first] = await streamed({ prompt: "Hey", logprobs: 2 });
  assert.equal(first?.choices[0]?.text, "Hey?");
  assert.deepEqual(first?.choices[0]?.logprobs, columns);
});

test("one prompt that fails ends all, and nobody goes on behind it", async () => {
  await assert.rejects(plain({ prompt: ["wait", "break"] }), (error) => {
    assert.ok(error instanceof OpenAI.APIError);
    assert.equal(error.status, 502);
    return true;
  });
  await assert.rejects(streamed({ prompt: ["break"] }), OpenAI.APIError);
  assert.equal(open, 0);
});

test("what a chat cannot do is refused by name", async () => {
  const cases: readonly (readonly [Json, string])[] = [
    [{ prompt: "x", suffix: "y" }, "suffix"],
    [{ prompt: [1, 2] }, "prompt"],
    [{ prompt: [[1, 2]] }, "prompt"],
    [{ prompt: [] }, "prompt"],
    [{}, "prompt"],
    [{ prompt: "x", best_of: 3 }, "best_of"],
    [{ prompt: "x", echo: true, logprobs: 1 }, "echo"],
    [{ prompt: "x", logprobs: 9 }, "logprobs"],
    [{ prompt: "x", temperature: "hot" }, "temperature"],
    [{ prompt: Array.from({ length: 9 }, () => "x"), n: 2 }, "prompt"],
  ];
  for (const [body, param] of cases) {
    await assert.rejects(plain(body as unknown as Body), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError, String(error));
      assert.equal(error.param, param);
      return true;
    });
  }
});
