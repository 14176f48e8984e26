import assert from "node:assert/strict";
import { test } from "node:test";
import { absent, percent, rowsOf } from "../testing/shared-data.ts";
import { judgeRefusal } from "./judge-refusal.ts";

const REFUSALS = "refusal/xstest.jsonl.gz";
const ANSWERS = "coherence/pairs.jsonl.gz";
/** As much of an answer as the longest window shows. */
const WINDOW_CHARS = 200;

interface Judged {
  readonly response: string;
  readonly label: "full_compliance" | "partial_refusal" | "full_refusal";
}

test("real answers that people called refusals are found", { skip: absent(REFUSALS) }, (context) => {
  const rows = rowsOf<Judged>(REFUSALS);
  for (const [name, kindOf] of [
    ["whole answer", (text: string) => judgeRefusal(text, true).kind],
    ["window", (text: string) => judgeRefusal(text.slice(0, WINDOW_CHARS), text.length <= WINDOW_CHARS).kind],
  ] as const) {
    const failed = rows.filter(({ response }) => kindOf(response) === "full");
    const right = failed.filter(({ label }) => label !== "full_compliance").length;
    const refused = rows.filter(({ label }) => label === "full_refusal");
    const found = refused.filter(({ response }) => kindOf(response) === "full").length;
    const complied = rows.filter(({ label }) => label === "full_compliance").length;
    context.diagnostic(
      `${name}: precision ${percent(right, failed.length)}, recall of full refusals ${percent(found, refused.length)}, ` +
        `false alarms ${percent(failed.length - right, complied)} of ${complied} answers that complied`,
    );
    assert.ok(right / failed.length >= 0.95);
    assert.ok(found / refused.length >= 0.75);
  }
});

test("of ordinary answers next to none fails, and few wait for more than eight tokens", {
  skip: absent(ANSWERS),
}, (context) => {
  const rows = rowsOf<{ readonly response: string; readonly label: string }>(ANSWERS).filter(
    ({ label }) => label === "ok",
  );
  const failed = rows.filter(({ response }) => judgeRefusal(response, true).kind === "full").length;
  const waiting = rows.filter(({ response }) => judgeRefusal(response.slice(0, 36), false).kind === "unknown").length;
  context.diagnostic(`${percent(failed, rows.length)} of ${rows.length} fail, ${percent(waiting, rows.length)} wait`);
  assert.ok(failed / rows.length <= 0.01);
  assert.ok(waiting / rows.length <= 0.1);
});
