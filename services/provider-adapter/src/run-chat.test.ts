import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageSource } from "@sluice/proto/common/v1/usage";
import { openSse, plainAnswer, type Script, wire } from "./testing/upstream.ts";
import { attemptOf, chatOf, type Got, readAll, startWorld, type World } from "./testing/world.ts";

const { USAGE_SOURCE_PROVIDER: PROVIDER, USAGE_SOURCE_COUNTED: COUNTED } = UsageSource;

const streamOf =
  (...events: string[]): Script =>
  (response) => {
    openSse(response);
    for (const event of events) response.write(event);
    response.end();
  };

const cutAfter =
  (...events: string[]): Script =>
  (response) => {
    openSse(response);
    response.write(events.join(""), () => response.destroy());
  };

const status =
  (code: number, body: string, headers: Record<string, string> = {}): Script =>
  (response) =>
    void response.writeHead(code, headers).end(body);

/** Each way an upstream can end: what the caller gets and what is metered. */
interface Case {
  readonly name: string;
  readonly stream: boolean;
  readonly provider?: string;
  readonly script: Script;
  readonly text: string;
  /** Code of the error, and whether it travels in the tail. */
  readonly error?: readonly [code: string, where: "thrown" | "tail"];
  readonly ending: string;
  readonly source: UsageSource;
  /** Input and output tokens; undefined if nothing is billed. */
  readonly usage: readonly [bigint, bigint] | undefined;
}

const { role, text, finish, usage, done } = wire;
const hello = [role(), text("Hello"), text(" there")];
/** "hi" has two bytes: one token, and four for the message. */
const PROMPT = 5n;

const CASES: readonly Case[] = [
  {
    name: "a stream completes",
    stream: true,
    script: streamOf(...hello, finish(), usage(), done()),
    text: "Hello there",
    ending: "completed",
    source: PROVIDER,
    usage: [7n, 3n],
  },
  {
    name: "a stream completes without its end marker",
    stream: true,
    script: streamOf(...hello, finish(), usage()),
    text: "Hello there",
    ending: "completed",
    source: PROVIDER,
    usage: [7n, 3n],
  },
  {
    name: "a stream completes without usage",
    stream: true,
    script: streamOf(...hello, finish(), done()),
    text: "Hello there",
    ending: "completed",
    source: COUNTED,
    usage: [PROMPT, 2n],
  },
  {
    name: "a stream reports nonsense as usage",
    stream: true,
    script: streamOf(...hello, finish(), usage(-1, 2.5), done()),
    text: "Hello there",
    ending: "completed",
    source: COUNTED,
    usage: [PROMPT, 2n],
  },
  {
    name: "the connection breaks after the finish reason",
    stream: true,
    script: cutAfter(...hello, finish(), usage()),
    text: "Hello there",
    ending: "completed",
    source: PROVIDER,
    usage: [7n, 3n],
  },
  {
    name: "a plain answer",
    stream: false,
    script: status(200, plainAnswer(), { "content-type": "application/json" }),
    text: "Hello there",
    ending: "completed",
    source: PROVIDER,
    usage: [7n, 3n],
  },
  {
    name: "a plain answer without usage",
    stream: false,
    script: status(200, plainAnswer({ usage: undefined })),
    text: "Hello there",
    ending: "completed",
    source: COUNTED,
    usage: [PROMPT, 2n],
  },
  {
    name: "a stream although a plain answer was asked for",
    stream: false,
    script: streamOf(...hello, finish(), usage(), done()),
    text: "Hello there",
    ending: "completed",
    source: PROVIDER,
    usage: [7n, 3n],
  },
  {
    name: "an error status",
    stream: true,
    script: status(503, '{"error":{"message":"busy"}}'),
    text: "",
    error: ["upstream_overloaded", "thrown"],
    ending: "error",
    source: PROVIDER,
    usage: undefined,
  },
  {
    name: "an error status with a page",
    stream: false,
    script: status(502, "<html>Bad gateway</html>"),
    text: "",
    error: ["upstream_unavailable", "thrown"],
    ending: "error",
    source: PROVIDER,
    usage: undefined,
  },
  {
    name: "a redirect",
    stream: false,
    script: status(302, "", { location: "http://127.0.0.1:1/" }),
    text: "",
    error: ["upstream_bad_response", "thrown"],
    ending: "error",
    source: PROVIDER,
    usage: undefined,
  },
  {
    name: "an error inside a plain 200",
    stream: false,
    script: status(200, '{"error":{"message":"no","code":502}}'),
    text: "",
    error: ["upstream_unavailable", "thrown"],
    ending: "error",
    source: PROVIDER,
    usage: undefined,
  },
  {
    name: "an error as the first event",
    stream: true,
    script: streamOf(wire.error("server_error")),
    text: "",
    error: ["upstream_unavailable", "thrown"],
    ending: "error",
    source: PROVIDER,
    usage: undefined,
  },
  {
    name: "an error after content",
    stream: true,
    script: streamOf(...hello, wire.error("server_error"), done()),
    text: "Hello there",
    error: ["upstream_unavailable", "tail"],
    ending: "error",
    source: COUNTED,
    usage: [PROMPT, 2n],
  },
  {
    name: "a page with status 200",
    stream: false,
    script: status(200, "<html>Sign in</html>"),
    text: "",
    error: ["upstream_bad_response", "thrown"],
    ending: "error",
    source: PROVIDER,
    usage: undefined,
  },
  {
    name: "half a plain answer",
    stream: false,
    script: status(200, plainAnswer().slice(0, 60)),
    text: "",
    error: ["upstream_bad_response", "thrown"],
    ending: "error",
    source: COUNTED,
    usage: [PROMPT, 0n],
  },
  {
    name: "a malformed event",
    stream: true,
    script: streamOf(...hello, "data: {oops}\n\n", finish(), done()),
    text: "Hello there",
    error: ["upstream_bad_response", "tail"],
    ending: "error",
    source: COUNTED,
    usage: [PROMPT, 2n],
  },
  {
    name: "an empty stream",
    stream: true,
    script: streamOf(),
    text: "",
    error: ["upstream_unavailable", "thrown"],
    ending: "cut",
    source: COUNTED,
    usage: [PROMPT, 0n],
  },
  {
    name: "a stream ends early",
    stream: true,
    script: streamOf(...hello),
    text: "Hello there",
    error: ["upstream_unavailable", "tail"],
    ending: "cut",
    source: COUNTED,
    usage: [PROMPT, 2n],
  },
  {
    name: "a stream ends inside an event",
    stream: true,
    script: streamOf(...hello, 'data: {"id":"chat'),
    text: "Hello there",
    error: ["upstream_unavailable", "tail"],
    ending: "cut",
    source: COUNTED,
    usage: [PROMPT, 2n],
  },
  {
    name: "the connection breaks in the stream",
    stream: true,
    script: cutAfter(...hello),
    text: "Hello there",
    error: ["upstream_unavailable", "tail"],
    ending: "cut",
    source: COUNTED,
    usage: [PROMPT, 2n],
  },
  {
    name: "the connection breaks before the head",
    stream: false,
    script: (response) => void response.destroy(),
    text: "",
    error: ["upstream_unavailable", "thrown"],
    ending: "cut",
    source: COUNTED,
    usage: [PROMPT, 0n],
  },
  {
    name: "nobody listens",
    stream: true,
    provider: "dead",
    script: streamOf(),
    text: "",
    error: ["upstream_unavailable", "thrown"],
    ending: "not_sent",
    source: PROVIDER,
    usage: undefined,
  },
];

function check(world: World, got: Got, wanted: Case): void {
  assert.equal(got.text, wanted.text);
  assert.equal(world.bus.started().length, 1);
  assert.equal(world.bus.metered().length, 1, "exactly one attempt.metered");
  const metered = world.bus.metered()[0];
  assert.equal(metered?.ending, wanted.ending);
  assert.equal(metered.usageSource, wanted.source);
  const tokens = metered.usage && [metered.usage.inputTokens, metered.usage.outputTokens];
  assert.deepEqual(tokens, wanted.usage && [...wanted.usage]);
  const [code, where] = wanted.error ?? [];
  assert.equal(metered.error?.code, code);
  assert.equal(got.thrown?.code, where === "thrown" ? code : undefined);
  assert.equal(got.tail?.error?.code, where === "tail" ? code : undefined);
  if (where !== "thrown") {
    assert.deepEqual(got.tail?.usage, metered.usage);
    assert.equal(got.tail?.usageSource, metered.usageSource);
  }
}

test("every ending is metered exactly once, before the caller's stream ends", async (context) => {
  const world = await startWorld();
  try {
    for (const one of CASES) {
      await context.test(one.name, async () => {
        world.bus.events.length = 0;
        world.upstream.script = one.script;
        const chat = chatOf("hi", { stream: one.stream });
        check(world, await readAll(world.client.generate(attemptOf(one.provider ?? "fake", chat))), one);
      });
    }
  } finally {
    await world.close();
  }
});

test("started is durable before request bytes leave, metered before the tail", async () => {
  const world = await startWorld();
  try {
    const order: string[] = [];
    world.upstream.script = (response) => {
      order.push("request");
      return streamOf(...hello, finish(), usage(), done())(response, world.upstream.seen[0] ?? assert.fail());
    };
    world.bus.gate = async ({ type }) => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push(type);
    };
    for await (const { message } of world.client.generate(attemptOf("fake", chatOf("hi", { stream: true })))) {
      if (message?.$case !== "batch") order.push(message?.$case ?? "");
    }
    assert.deepEqual(order, ["attempt.started", "request", "head", "attempt.metered", "tail"]);
    assert.equal(world.upstream.seen[0]?.headers["x-client-request-id"], "att_1");
    assert.deepEqual(world.upstream.seen[0].body["stream_options"], { include_usage: true });
  } finally {
    await world.close();
  }
});

test("what can be refused without the provider is refused before anything starts", async () => {
  const world = await startWorld();
  try {
    const codeOf = async (...args: Parameters<typeof attemptOf>) =>
      (await readAll(world.client.generate(attemptOf(...args)))).thrown;
    const missing = await codeOf("keyed", chatOf("hi"));
    assert.equal(missing?.code, "credential_missing");
    assert.match(missing.message, /sluice secrets set keyed/);
    assert.equal((await codeOf("nobody", chatOf("hi")))?.code, "not_found");
    assert.equal((await codeOf("fake", chatOf("hi"), { model: "m-2" }))?.code, "not_found");
    assert.equal((await codeOf("fake", chatOf("hi", { extraJson: "{" })))?.code, "invalid_request");
    world.bus.gate = () => assert.fail("full");
    const full = await codeOf("fake", chatOf("hi"));
    assert.equal(full?.code, "internal");
    for (const error of [missing, full])
      assert.equal(error?.details.facts?.["not_started"], "true", "so the router voids the hold at once");
    assert.deepEqual([world.bus.events, world.upstream.seen], [[], []]);
  } finally {
    await world.close();
  }
});

test("usage that cannot be made durable at first holds the end of the stream until it is", async () => {
  const world = await startWorld();
  try {
    let refusals = 3;
    world.bus.gate = ({ type }) => {
      if (type === "attempt.metered" && refusals-- > 0) throw new Error("disk full");
    };
    world.upstream.script = streamOf(...hello, finish(), usage(), done());
    const got = await readAll(world.client.generate(attemptOf("fake", chatOf("hi", { stream: true }))));
    assert.deepEqual([got.text, got.tail?.usage?.outputTokens, world.bus.metered().length], ["Hello there", 3n, 1]);
  } finally {
    await world.close();
  }
});

test("usage that never becomes durable ends the stream with an error, never with a normal end", async () => {
  const world = await startWorld({ meter_retry_ms: 50 });
  try {
    world.bus.gate = ({ type }) => {
      if (type === "attempt.metered") throw new Error("disk full");
    };
    world.upstream.script = streamOf(...hello, finish(), usage(), done());
    const got = await readAll(world.client.generate(attemptOf("fake", chatOf("hi", { stream: true }))));
    assert.deepEqual([got.text, got.tail, got.thrown?.code], ["Hello there", undefined, "internal"]);
    assert.match(world.logged(), /attempt not metered/);
  } finally {
    await world.close();
  }
});
