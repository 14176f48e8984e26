import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { BillLog, type NewBill } from "./bill-log.ts";
import { OpenBill } from "./open-bill.ts";

const bill = (requestId: string): NewBill => ({
  request_id: requestId,
  client_request_id: null,
  model: "small",
  stream: false,
  prompt_tokens: 3,
  completion_tokens: 2,
  reasoning_tokens: 0,
  outcome: "completed",
});

function temporaryFile(context: { after(action: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), "bill-log-"));
  context.after(() => rmSync(directory, { recursive: true }));
  return join(directory, "bills.jsonl");
}

test("the ring keeps the newest bills and pages through them", () => {
  const log = new BillLog({ capacity: 3 });
  assert.deepEqual(log.list(), []);
  for (let index = 1; index <= 5; index++) log.append(bill(`r${index}`));
  const sequences = (after: number, limit?: number): number[] => log.list(after, limit).map((one) => one.sequence);
  assert.deepEqual(sequences(0), [3, 4, 5]);
  assert.deepEqual(sequences(3), [4, 5]);
  assert.deepEqual(sequences(3, 1), [4]);
  assert.deepEqual(sequences(5), []);
  log.clear();
  assert.deepEqual(sequences(0), []);
  log.append(bill("r6"));
  assert.deepEqual(sequences(0), [6]);
});

test("bills outlive their process, and a torn last line hurts no other", (context) => {
  const file = temporaryFile(context);
  const first = new BillLog({ capacity: 10, file });
  first.append(bill("r1"));
  first.append(bill("r2"));
  // Not closed: a killed process does not close either.
  appendFileSync(file, '{"sequence":3,"at":"20');
  const second = new BillLog({ capacity: 10, file });
  second.append(bill("r4"));
  second.close();
  first.close();
  const third = new BillLog({ capacity: 10, file });
  assert.deepEqual(
    third.list().map((one) => [one.sequence, one.request_id]),
    [
      [1, "r1"],
      [2, "r2"],
      [3, "r4"],
    ],
  );
  assert.equal(statSync(file).mode & 0o077, 0);
  third.clear();
  assert.equal(readFileSync(file, "utf8"), "");
  third.close();
});

test("a bill is settled once", () => {
  const log = new BillLog({ capacity: 10 });
  const open = new OpenBill(log, "r1", "mine");
  open.settle("cut", { completionTokens: 4, reasoningTokens: 1 });
  open.settle("client_closed");
  assert.equal(log.list().length, 1);
  assert.equal(log.list()[0]?.outcome, "cut");
  assert.equal(log.list()[0]?.client_request_id, "mine");
});
