import assert from "node:assert/strict";
import { test } from "node:test";
import type { OutgoingEvent } from "@sluice/platform/bus";
import { createLogger } from "@sluice/platform/log";
import { bind, createClient, openLocalChannel } from "@sluice/platform/rpc";
import { ResponseFormatKind } from "@sluice/proto/chat/v1/chat";
import {
  CheckRequest,
  Decision,
  Level,
  Phase,
  ValidatorServiceDefinition,
} from "@sluice/proto/validator/v1/validator_service";
import { allChecks } from "./checks/registry.ts";
import { validatorService } from "./service.ts";
import { testSchemas } from "./testing/inputs.ts";

/** Asks the service over a local channel; gives the answer and the facts it published. */
async function ask(request: Parameters<typeof CheckRequest.fromPartial>[0]) {
  const facts: OutgoingEvent[] = [];
  const service = validatorService({
    bus: {
      publish: async (event) => {
        if ("payload" in event) facts.push(event);
      },
    },
    log: createLogger({ level: "silent", service: "validator" }),
    checks: allChecks(testSchemas()),
    defaultDeadlineMs: 10_000,
    now: () => 5,
    clock: () => performance.now(),
  });
  const channel = openLocalChannel({ services: [bind(ValidatorServiceDefinition, service)] });
  try {
    const client = createClient(ValidatorServiceDefinition, channel);
    const base = { attemptId: "att_1", tenantId: "acme", level: Level.LEVEL_GUARD, phase: Phase.PHASE_FINAL };
    const answer = await client.check(CheckRequest.fromPartial({ ...base, ...request }));
    return { answer, facts };
  } finally {
    await channel.close();
  }
}

const json = { responseFormat: { kind: ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_OBJECT } };

test("a good answer passes without a word, and the verdict is a fact", async () => {
  const { answer, facts } = await ask({ answers: [{ text: "The sky is blue." }], chat: {} });
  assert.deepEqual(answer, { decision: Decision.DECISION_PASS, reasons: [], repairedText: "" });
  assert.deepEqual(
    facts.map(({ type, id }) => [type, id]),
    [["response.validated", "att_1.final"]],
  );
});

test("a bad answer names the check and its score, in the answer and in the fact", async () => {
  const { answer, facts } = await ask({ answers: [{ text: "I'm sorry, but I can't assist with that." }] });
  assert.equal(answer.decision, Decision.DECISION_FAIL);
  assert.deepEqual(
    answer.reasons.map(({ check, score }) => [check, score]),
    [["refusal", 1]],
  );
  assert.match(
    JSON.stringify(facts[0]?.payload, (_, value) => (typeof value === "bigint" ? String(value) : value)),
    /refusal/,
  );
});

test("a repaired answer brings its text where the route allows repair", async () => {
  const answers = [{ text: '```json\n{"a": 1}\n```' }];
  const allowed = await ask({ answers, chat: json, allowRepair: true });
  assert.deepEqual([allowed.answer.decision, allowed.answer.repairedText], [Decision.DECISION_REPAIR, '{"a": 1}']);
  const forbidden = await ask({ answers, chat: json });
  assert.deepEqual([forbidden.answer.decision, forbidden.answer.repairedText], [Decision.DECISION_FAIL, ""]);
});

test("what is undecided in the window is no fact", async () => {
  const { answer, facts } = await ask({ phase: Phase.PHASE_WINDOW, answers: [{ text: '{"a"' }], chat: json });
  assert.equal(answer.decision, Decision.DECISION_UNDECIDED);
  assert.deepEqual(facts, []);
});

test("at level off nothing is judged, and without a phase nothing can be", async () => {
  const { answer, facts } = await ask({ level: Level.LEVEL_OFF, answers: [{}] });
  assert.deepEqual([answer.decision, facts.length], [Decision.DECISION_PASS, 0]);
  await assert.rejects(ask({ phase: Phase.PHASE_UNSPECIFIED }), { code: "invalid_request" });
});
