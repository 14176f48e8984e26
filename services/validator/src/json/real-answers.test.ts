import assert from "node:assert/strict";
import { test } from "node:test";
import { absent, percent, rowsOf } from "../testing/shared-data.ts";
import { type JsonReading, readJson } from "./read-json.ts";

const OUTPUTS = "json-outputs/outputs.jsonl.gz";
const DOCUMENTS = "json-parsing/cases.jsonl";
/** Smallest share of each kind of real output that must be read as told; what nobody can repair is left out. */
const EXPECTED: Readonly<Record<string, readonly [JsonReading["kind"], number]>> = {
  strict: ["strict", 1],
  fenced: ["repaired", 1],
  fenced_with_prose: ["repaired", 0.97],
  embedded: ["repaired", 0.95],
  invalid_control_chars: ["repaired", 0.97],
  invalid_escape: ["repaired", 0.85],
  invalid_other: ["repaired", 0.5],
  truncated: ["broken", 0.95],
  no_json: ["broken", 1],
  empty: ["broken", 1],
};

interface Output {
  readonly output: string;
  readonly status: string;
}

test("real outputs of models are passed, repaired or failed as they deserve", { skip: absent(OUTPUTS) }, (context) => {
  const rows = rowsOf<Output>(OUTPUTS);
  for (const [status, [kind, least]] of Object.entries(EXPECTED)) {
    const ofStatus = rows.filter((row) => row.status === status);
    const right = ofStatus.filter(({ output }) => readJson(output).kind === kind).length;
    context.diagnostic(`${status}: ${percent(right, ofStatus.length)} of ${ofStatus.length} ${kind}`);
    assert.ok(right >= least * ofStatus.length, `${status}: ${right} of ${ofStatus.length}`);
  }
});

interface Document {
  readonly name: string;
  readonly expect: "accept" | "reject" | "either";
  readonly bytes_base64: string;
  readonly cut: boolean;
}

test("what a strict parser must accept or reject is strict or not", { skip: absent(DOCUMENTS) }, () => {
  const wrong = rowsOf<Document>(DOCUMENTS)
    .filter(({ cut, expect }) => !cut && expect !== "either")
    .filter(({ bytes_base64, expect }) => {
      const { kind } = readJson(Buffer.from(bytes_base64, "base64").toString());
      return (kind === "strict") !== (expect === "accept");
    });
  assert.deepEqual(
    wrong.map(({ name }) => name),
    [],
  );
});
