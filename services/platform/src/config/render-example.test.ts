import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { loadConfig, platformSections, renderExample } from "./index.ts";

const sections = {
  ...platformSections,
  ledger: z
    .strictObject({
      name: z.string().default('yes: # "x"').describe("A name. ".repeat(30)),
      cap: z.bigint().default(5n).describe("Cap."),
      none: z.string().optional().describe("Nothing."),
      inner: z
        .strictObject({ list: z.array(z.string()).default(["a", "b"]).describe("List.") })
        .prefault({})
        .describe("Inner."),
    })
    .describe("The ledger."),
};

test("the example is valid as it is and means the defaults", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "example-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "sluice.yaml");
  writeFileSync(file, renderExample(sections));
  const defaults = loadConfig({ sections, environment: {} }).values;
  assert.deepEqual(loadConfig({ file, sections, environment: {} }).values, defaults);

  const { ledger: _, ...platform } = defaults;
  writeFileSync(
    file,
    renderExample(platformSections)
      .replaceAll(/(No default\.)\n.*\n/g, "$1\n")
      .replaceAll(/^(\s*)#(\S)/gm, "$1$2"),
  );
  assert.deepEqual(loadConfig({ file, sections: platformSections, environment: {} }).values, platform);
});

test("every key stands there with description and default, and is valid when uncommented", () => {
  const text = renderExample(sections);
  assert.ok(text.split("\n").every((line) => line.length <= 120));
  assert.match(text, /\nlog:\n {2}# Least important level that is written\.\n {2}#level: info\n/);
  assert.match(text, /# Nothing\. No default\.\n {2}#none: ""\n/);
  const all = parse(text.replaceAll(/^(\s*)#(\S)/gm, "$1$2"));
  assert.deepEqual(all.ledger, { name: 'yes: # "x"', cap: 5, none: "", inner: { list: ["a", "b"] } });
  assert.equal(all.rpc.listen_host, "127.0.0.1");
});
