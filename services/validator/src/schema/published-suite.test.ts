import assert from "node:assert/strict";
import { test } from "node:test";
import { testSchemas } from "../testing/inputs.ts";
import { absent, percent, rowsOf } from "../testing/shared-data.ts";

const SUITE = "json-schema-suite/tests.jsonl";

interface Case {
  readonly draft: string;
  readonly file: string;
  readonly schema: unknown;
  readonly data: unknown;
  readonly valid: boolean;
}

/** Fetched from elsewhere, or of a part of the newest draft that the compiler knows only in its simple forms. */
const KNOWN_GAPS = /^(?:refRemote|dynamicRef|unevaluated|vocabulary|format\.json)/;

test("schemas mean what the published suite says", { skip: absent(SUITE) }, (context) => {
  const schemas = testSchemas();
  const rows = rowsOf<Case>(SUITE);
  const isRight = ({ schema, data, valid }: Case) => {
    const { outcome } = schemas.check(JSON.stringify(schema), data, JSON.stringify(data).length);
    return outcome === (valid ? "fits" : "unfit");
  };
  for (const [name, belongs, least] of [
    ["required, without known gaps", (file: string) => !file.startsWith("optional/") && !KNOWN_GAPS.test(file), 0.985],
    ["required, known gaps", (file: string) => !file.startsWith("optional/") && KNOWN_GAPS.test(file), 0],
    ["formats", (file: string) => file.startsWith("optional/format/"), 0.8],
    ["optional", (file: string) => file.startsWith("optional/") && !file.startsWith("optional/format/"), 0.9],
  ] as const) {
    const ofKind = rows.filter(({ file }) => belongs(file));
    const right = ofKind.filter(isRight).length;
    context.diagnostic(`${name}: ${percent(right, ofKind.length)} of ${ofKind.length}`);
    assert.ok(right >= least * ofKind.length, `${name}: ${right} of ${ofKind.length}`);
  }
});
