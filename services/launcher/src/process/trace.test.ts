import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type RecordedSpan, recordSpans } from "@sluice/platform/trace/testing";
import { newKeyAnswer } from "../admin/answers.ts";
import { AdminDoor } from "../admin/door.ts";
import { TARGETS } from "../targets.ts";
import { RunningProcess } from "./running-process.ts";
import { loadSettings } from "./settings.ts";

const directory = mkdtempSync(join(tmpdir(), "trace-"));
after(() => rmSync(directory, { recursive: true }));

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const PARENT_ID = "b7ad6b7169203331";

test("one request is one trace: the caller's, the door's span, the attempt's and the provider call's", async () => {
  const recorder = recordSpans();
  const overrides = { data_dir: directory, "ingress.listen_port": 0, "simulator.pace": 0, "log.level": "error" };
  const gateway = new RunningProcess({ settings: loadSettings({ overrides }), modules: TARGETS, grpc: false });
  try {
    await gateway.start();
    const { secret } = await AdminDoor.find(gateway.dataDirectory).post("/keys", newKeyAnswer, { name: "trace" });
    assert.equal(await chat(gateway, secret), 200);
    const spans = recorder.spans.filter(({ traceId }) => traceId === TRACE_ID);
    const [door, attempt, call] = spans;
    assert.deepEqual(
      spans.map(({ name, kind, ended }) => ({ name, kind, ended })),
      [
        { name: "POST /v1/chat/completions", kind: 1, ended: true },
        { name: "attempt", kind: 0, ended: true },
        { name: "chat small", kind: 2, ended: true },
      ],
    );
    assert.equal(door?.parentSpanId, PARENT_ID);
    assert.equal(attempt?.parentSpanId, door?.spanId);
    assert.equal(call?.parentSpanId, attempt?.spanId);
    assert.equal(door?.attributes["http.response.status_code"], 200);
    assertModelCall(attempt, call);
    assert.doesNotMatch(JSON.stringify(recorder.spans), /a prompt nobody traces/);
  } finally {
    await gateway.stop(1_000);
    recorder.unregister();
  }
});

function assertModelCall(attempt: RecordedSpan | undefined, call: RecordedSpan | undefined): void {
  for (const span of [attempt, call]) {
    assert.equal(span?.attributes["gen_ai.operation.name"], "chat");
    assert.equal(span?.attributes["gen_ai.provider.name"], "sim");
    assert.equal(span?.attributes["gen_ai.request.model"], "small");
  }
  assert.equal(attempt?.attributes["gen_ai.request.max_tokens"], 12);
  assert.ok(Number(call?.attributes["gen_ai.usage.output_tokens"]) > 0);
  assert.equal(call?.attributes["http.response.status_code"], 200);
}

async function chat(gateway: RunningProcess, secret: string): Promise<number> {
  const response = await fetch(`${gateway.httpAddress("ingress")}/v1/chat/completions`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${secret}`,
      "content-type": "application/json",
      connection: "close",
      traceparent: `00-${TRACE_ID}-${PARENT_ID}-01`,
    },
    body: JSON.stringify({
      model: "sim/small",
      max_tokens: 12,
      messages: [{ role: "user", content: "a prompt nobody traces" }],
    }),
  });
  await response.text();
  return response.status;
}
