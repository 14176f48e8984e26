// shapes: embedded distributed
import assert from "node:assert/strict";
import { eventually } from "../harness/index.ts";
import type { System } from "../harness/system.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";
import { chat } from "./support/chat.ts";

interface Story {
  readonly state: string;
  readonly arrived_at_ms: number;
  readonly decision: { readonly strategy: string; readonly candidates: readonly { readonly model: string }[] };
  readonly attempts: readonly {
    readonly attempt_id: string;
    readonly ordinal: number;
    readonly model: string;
    readonly outcome: string;
    readonly verdict: string;
    readonly next: string;
    readonly error?: { readonly code: string; readonly upstream_status: number };
    readonly usage?: { readonly input_tokens: string; readonly output_tokens: string };
    readonly hold: { readonly state: string; readonly held_nanousd: string };
    readonly verdicts: readonly {
      readonly reasons: readonly { readonly check: string; readonly decision: string }[];
    }[];
    readonly cost_nanousd: string;
  }[];
  readonly bill_nanousd: string;
  readonly held_nanousd: string;
  readonly notes: readonly string[];
}

const CANDIDATES = ["small+503", "small+empty", "small+length=9"];

async function ask(system: System, body: object): Promise<{ id: string; cost: string | null; text: string }> {
  const response = await fetch(`${system.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${system.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ messages: [{ role: "user", content: "Hello" }], ...body }),
  });
  const header = (name: string) => response.headers.get(`x-sluice-${name}`);
  return { id: header("request-id") ?? "", cost: header("cost-usd"), text: await response.text() };
}

const settled = async (system: System, id: string): Promise<Story> =>
  await eventually(async () => {
    const story = await system.json<Story>(["explain", id]);
    assert.equal(story.state, "settled");
    return story;
  });

const failover: Case = [
  "a request that failed over is told whole: why each attempt ended, what was held, what it cost",
  async (system) => {
    for (const stream of [false, true]) {
      const { id, cost } = await ask(system, { model: "steady", stream });
      const story = await settled(system, id);
      assert.deepEqual(story.notes, []);
      assert.ok(Math.abs(Date.now() - story.arrived_at_ms) < 60_000);
      assert.equal(story.decision.strategy, "priority");
      assert.deepEqual(
        story.decision.candidates.map(({ model }) => model),
        CANDIDATES,
      );
      assert.deepEqual(
        story.attempts.map(({ ordinal, model, outcome, verdict, next }) => [ordinal, model, outcome, verdict, next]),
        [
          [1, CANDIDATES[0], "failed", "", "next_candidate"],
          [2, CANDIDATES[1], "rejected", "fail", "next_candidate"],
          [3, CANDIDATES[2], "delivered", "pass", "done"],
        ],
      );
      const [first, second, third] = story.attempts;
      assert.deepEqual([first?.error?.code, first?.error?.upstream_status], ["upstream_overloaded", 503]);
      const reasons = second?.verdicts.flatMap((verdict) => verdict.reasons) ?? [];
      assert.ok(reasons.some(({ check, decision }) => check === "empty" && decision === "fail"));
      assert.equal(third?.usage?.output_tokens, "9");
      const bills = new Map(system.simulator.bills().map((bill) => [bill.client_request_id, bill]));
      for (const attempt of story.attempts) {
        const bill = bills.get(attempt.attempt_id);
        const billed = (bill?.prompt_tokens ?? 0) * 100 + (bill?.completion_tokens ?? 0) * 400;
        assert.equal(Number(attempt.cost_nanousd), billed);
        assert.ok(Number(attempt.hold.held_nanousd) >= Number(attempt.cost_nanousd));
        assert.equal(attempt.hold.state, "settled");
      }
      const total = story.attempts.reduce((sum, { cost_nanousd: part }) => sum + BigInt(part), 0n);
      assert.deepEqual([story.bill_nanousd, story.held_nanousd], [String(total), "0"]);
      if (!stream) assert.equal(Math.round(Number(cost) * 1e9), Number(total), "the caller was told the same");
    }
  },
];

const readable: Case = [
  "on a terminal the story is text in order",
  async (system) => {
    const { id } = await ask(system, { model: "steady" });
    await settled(system, id);
    const { code, stdout, stderr } = await system.command(["explain", id]);
    assert.equal(code, 0, stderr);
    const order = [
      `Request ${id}: settled.`,
      "Attempt 1: sim/small+503",
      "Attempt 2:",
      "Attempt 3:",
      "BILL",
      "Total: ",
    ];
    const places = order.map((text) => stdout.indexOf(text));
    assert.ok(
      places[0] === 0 && places.every((place, index) => index === 0 || place > (places[index - 1] ?? 0)),
      stdout,
    );
  },
];

const among: Case = [
  "it is found among many, before and after it",
  async (system) => {
    const call = { url: system.url, apiKey: system.apiKey, model: "sim/small+length=1", maxTokens: 5, stream: false };
    const crowd = () => Promise.all(Array.from({ length: 60 }, () => chat(call)));
    await crowd();
    const { id } = await ask(system, { model: "steady" });
    await crowd();
    assert.equal((await settled(system, id)).attempts.length, 3);
  },
];

const running: Case = [
  "a running request is told as far as it is known",
  async (system) => {
    const leaving = new AbortController();
    const response = await fetch(`${system.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${system.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({
        model: "sim/small+stall=20+length=60",
        stream: true,
        messages: [{ role: "user", content: "Hello" }],
      }),
      signal: leaving.signal,
    });
    const id = response.headers.get("x-sluice-request-id") ?? "";
    const story = await eventually(async () => {
      const told = await system.json<Story>(["explain", id]);
      assert.equal(told.attempts.length, 1);
      return told;
    });
    assert.deepEqual([story.state, story.attempts[0]?.hold.state], ["running", "open"]);
    assert.match(story.notes.join(), /No attempt was reported as the last one/);
    leaving.abort();
    const left = await settled(system, id);
    assert.equal(left.attempts[0]?.outcome, "cancelled");
    assert.ok(BigInt(left.bill_nanousd) > 0n, "what was generated before the caller left is paid");
  },
];

const unknown: Case = [
  "what cannot be told is said",
  async (system) => {
    const refused = await ask(system, { model: "sim/none" });
    const { code, stderr } = await system.command(["explain", refused.id]);
    assert.equal(code, 1);
    assert.match(stderr, /No fact tells of req_.*kept for 30 days/);
    assert.equal((await system.command(["explain", "chatcmpl-1"])).code, 2);
  },
];

proveInEachShape("sluice explain", [failover, readable, among, running, unknown], {
  providers: (base_url) => ({ sim: { base_url, abandon: "abort" } }),
  settings: {
    "router.aliases": JSON.stringify({ steady: CANDIDATES.map((model) => `sim/${model}`) }),
    "router.validation_deadline_ms": 10_000,
  },
});
