// shapes: embedded distributed
import assert from "node:assert/strict";
import OpenAI from "openai";
import type { System } from "../harness/system.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";
import { type SettledAttempt, settledAttempts } from "./support/settled.ts";

const hello = [{ role: "user" as const, content: "Hello" }];
/** Providers that give up soon, so that silence is noticed within the test's patience. */
const IDLE_MS = 400;
const STALLED = "small+length=60+stall=30";
const SILENT = "small+stall=0";

interface Broken {
  readonly error: InstanceType<typeof OpenAI.APIError>;
  /** Content that arrived before. */
  readonly text: string;
  readonly finished: boolean;
  readonly requestId: string;
}

const client = (system: System): OpenAI =>
  new OpenAI({ baseURL: `${system.url}/v1`, apiKey: system.apiKey, maxRetries: 0 });

/** Asks for an answer that must fail, and gives the failure as the client raises it. */
async function broken(system: System, model: string, stream: boolean): Promise<Broken> {
  let text = "";
  let finished = false;
  let requestId = "";
  try {
    const ask = { model, messages: hello };
    if (stream) {
      const { data, response } = await client(system)
        .chat.completions.create({ ...ask, stream })
        .withResponse();
      requestId = response.headers.get("x-sluice-request-id") ?? "";
      for await (const chunk of data) {
        text += chunk.choices[0]?.delta.content ?? "";
        finished ||= chunk.choices.some(({ finish_reason }) => finish_reason !== null);
      }
    } else await client(system).chat.completions.create(ask);
  } catch (error) {
    assert.ok(error instanceof OpenAI.APIError, String(error));
    return { error, text, finished, requestId: error.headers?.get("x-sluice-request-id") ?? requestId };
  }
  throw new Error(`${model} was answered as if nothing were wrong: ${text}`);
}

/** A failure before any content is an HTTP error, streamed or not. */
function refusedWith(fault: string, status: number, code: string, message: RegExp): Case {
  return [
    `${fault} is ${status} ${code}`,
    async (system) => {
      for (const stream of [false, true]) {
        const { error, text } = await broken(system, `sim/small+${fault}`, stream);
        assert.equal(error.status, status, error.message);
        assert.equal(error.code, code);
        assert.match(error.message, message);
        assert.equal(text, "");
      }
    },
  ];
}

/** A failure after content is an error event in the stream; plain, it is an HTTP error. */
function brokenWith(fault: string, status: number, code: string, model = `sim/small+length=60+${fault}`): Case {
  return [
    `${fault} after content never looks like an end`,
    async (system) => {
      const { error, text, finished, requestId } = await broken(system, model, true);
      assert.equal(error.code, code);
      assert.equal(finished, false);
      assert.ok(text.split(" ").length >= 8, text);
      assert.match(requestId, /^req_/);
      const whole = await broken(system, model, false);
      assert.equal(whole.error.status, status, whole.error.message);
    },
  ];
}

const before: readonly Case[] = [
  refusedWith("empty", 502, "upstream_bad_response", /empty/),
  refusedWith("whitespace", 502, "upstream_bad_response", /judged bad/),
  refusedWith("inband-error", 502, "upstream_unavailable", /had an error/),
  refusedWith("429=3", 429, "upstream_rate_limited", /3s/),
  refusedWith("503", 503, "upstream_overloaded", /overloaded/),
  refusedWith("401", 502, "upstream_unauthenticated", /sim/),
  refusedWith("400", 400, "upstream_invalid_request", /model's name/),
  refusedWith("html", 502, "upstream_unavailable", /502/),
  refusedWith("drop", 502, "upstream_unavailable", /sim/),
  refusedWith("cut", 502, "upstream_unavailable", /complete/),
  refusedWith("malformed", 502, "upstream_bad_response", /JSON/),
  [
    "a provider that says nothing is 504",
    async (system) => {
      const stored = await system.command(["secrets", "set", "quick"], system.simulator.apiKey);
      assert.equal(stored.code, 0, stored.stderr);
      const { error } = await broken(system, `quick/${SILENT}`, true);
      assert.equal(error.status, 504);
      assert.equal(error.code, "upstream_timeout");
    },
  ],
];

const within: readonly Case[] = [
  brokenWith("cut=30", 502, "upstream_unavailable"),
  brokenWith("malformed=30", 502, "upstream_bad_response"),
  brokenWith("inband-error=30", 502, "upstream_unavailable"),
  brokenWith("stall=30", 504, "upstream_timeout", `quick/${STALLED}`),
];

const missingUsage: Case = [
  "without a usage the answer is served and counted, never below what was delivered",
  async (system) => {
    const stream = await client(system).chat.completions.create({
      model: "sim/small+no-usage+length=50",
      messages: hello,
      stream: true,
    });
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    assert.ok(text.length > 50);
    await client(system).chat.completions.create({ model: "sim/small+no-usage+length=51", messages: hello });
  },
];

const books: Case = [
  "every fault was metered and posted once, at no less than what was delivered",
  async (system) => {
    const attempts = [...(await settledAttempts(system)).values()];
    const of = (model: string): SettledAttempt[] => attempts.filter(({ bill }) => bill.model === model);
    for (const model of ["small+empty", "small+whitespace"])
      assert.deepEqual(
        of(model).map(({ outcome }) => outcome),
        ["rejected", "rejected"],
        model,
      );
    for (const model of ["small+429=3", "small+503", "small+html"])
      assert.deepEqual(
        of(model).map(({ postedUsd }) => postedUsd),
        ["0", "0"],
        model,
      );
    for (const model of ["small+length=60+cut=30", STALLED]) {
      const [streamed] = of(model);
      // Asked what it billed, the simulator tells; where it does not in time, what was delivered is counted.
      assert.match(streamed?.metered.usageSource ?? "", /^USAGE_SOURCE_(?:PROVIDER|COUNTED)$/, model);
      assert.ok(Number(streamed?.metered.usage?.outputTokens) >= 29, model);
    }
    for (const tokens of [50, 51]) {
      const [counted] = of(`small+no-usage+length=${tokens}`);
      assert.equal(counted?.metered.usageSource, "USAGE_SOURCE_COUNTED");
      assert.ok(Number(counted?.metered.usage?.outputTokens) >= tokens, "never below what was delivered");
    }
  },
];

proveInEachShape("faults of a provider", [...before, ...within, missingUsage, books], {
  // A validator that is late lets answers pass; here it may take its time.
  // One attempt each, so that the books can be compared one by one.
  settings: { "router.validation_deadline_ms": 10_000, "router.attempts.max": 1 },
  providers: (base_url) => ({
    quick: {
      base_url,
      first_content_timeout_ms: IDLE_MS,
      idle_timeout_ms: IDLE_MS,
      total_timeout_ms: 3 * IDLE_MS,
      models: [STALLED, SILENT].map((id) => ({ id, price_id: "sim/small", max_output_tokens: 1_000 })),
    },
  }),
});
