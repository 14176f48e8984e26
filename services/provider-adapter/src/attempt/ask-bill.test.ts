import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { createLogger } from "@sluice/platform/log";
import { Usage, UsageSource } from "@sluice/proto/common/v1/usage";
import type { FoundUsage } from "../provider.ts";
import { askBill } from "./ask-bill.ts";
import type { AttemptTools, Ending, Plan } from "./types.ts";

const counted: Ending = {
  ending: "cut",
  usage: Usage.fromPartial({ inputTokens: 5n, outputTokens: 2n }),
  source: UsageSource.USAGE_SOURCE_COUNTED,
  error: undefined,
};
const billed = Usage.fromPartial({ inputTokens: 9n, outputTokens: 3n });

/** A flight whose provider answers with each of these in turn, and whose clock moves with every look at it. */
function flight(answers: readonly (FoundUsage | Error)[], options: { askable?: boolean; stepMs?: number } = {}) {
  const { askable = true, stepMs = 1 } = options;
  let asked = 0;
  let now = 0;
  const lookUp = async (): Promise<FoundUsage | undefined> => {
    const answer = answers[Math.min(asked++, answers.length - 1)];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const log = createLogger({ level: "error", service: "provider-adapter", destination: { write: () => undefined } });
  const tools = { lookUp, log, clock: { now: () => (now += stepMs) } } as unknown as AttemptTools;
  const provider = { usageLookUp: askable ? {} : undefined };
  const plan = { request: { provider: "a", attemptId: "att_1" }, provider } as unknown as Plan;
  return { flight: { plan, tools, left: false }, asked: () => asked };
}

test("a broken attempt costs what its provider says, though it may say so a moment later", async () => {
  const { flight: one, asked } = flight([{ usage: undefined }, { usage: undefined }, { usage: billed }]);
  const ending = await askBill(one, counted);
  assert.deepEqual([ending.usage, ending.source, asked()], [billed, UsageSource.USAGE_SOURCE_PROVIDER, 3]);
});

test("a provider that billed nothing makes the attempt free", async () => {
  const { flight: one } = flight([{ usage: Usage.fromPartial({ inputTokens: 0n, outputTokens: 0n }) }]);
  const ending = await askBill(one, counted);
  assert.deepEqual([ending.usage, ending.source], [undefined, UsageSource.USAGE_SOURCE_PROVIDER]);
});

test("what was counted stays where the provider does not know, fails, or cannot be asked", async () => {
  assert.equal(await askBill(flight([{ usage: undefined }], { stepMs: 200 }).flight, counted), counted);
  assert.equal(await askBill(flight([new SluiceError("upstream_timeout", "late")]).flight, counted), counted);
  const silent = flight([{ usage: billed }], { askable: false });
  assert.equal(await askBill(silent.flight, counted), counted);
  assert.equal(silent.asked(), 0);
});

test("complete answers, figures of the provider and requests that were not sent are not asked about", async () => {
  const { flight: one, asked } = flight([{ usage: billed }]);
  const endings: Ending[] = [
    { ...counted, ending: "completed" },
    { ...counted, ending: "not_sent" },
    { ...counted, source: UsageSource.USAGE_SOURCE_PROVIDER },
    { ...counted, usage: undefined },
  ];
  for (const ending of endings) assert.equal(await askBill(one, ending), ending);
  assert.equal(asked(), 0);
});
