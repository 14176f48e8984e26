import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { z } from "zod";
import { SluiceError } from "../errors/index.ts";
import { loadConfig, type Sections } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "config-"));
after(() => rmSync(folder, { recursive: true }));

const sections = {
  data_dir: z.string().default(".data").describe("Folder."),
  ledger: z.object({
    hold_ttl_ms: z.int().positive().default(60_000).describe("Life of a hold in milliseconds."),
    strict: z.boolean().default(false).describe("Strict."),
    limits: z
      .strictObject({ calls: z.int().default(3).describe("Calls.") })
      .prefault({})
      .describe("Limits."),
    mode: z.enum(["a", "b"]).default("a").describe("Mode."),
  }),
  "provider-adapter": z.strictObject({
    addresses: z.record(z.string(), z.string()).default({}).describe("Addresses."),
    names: z.array(z.string()).default([]).describe("Names."),
    password_file: z.string().optional().describe("File."),
  }),
} as const;

const key = (prefix: string): string => `${prefix}${"Ab3".repeat(14)}`;

function load(yaml: string | undefined, environment: Record<string, string> = {}, more: object = {}) {
  const file = join(folder, "sluice.yaml");
  if (yaml !== undefined) writeFileSync(file, yaml);
  return loadConfig({
    file: yaml === undefined ? undefined : file,
    sections: sections as typeof sections & Sections,
    environment,
    ...more,
  });
}

function problemsOf(yaml: string | undefined, environment: Record<string, string> = {}, more: object = {}): string[] {
  try {
    load(yaml, environment, more);
  } catch (thrown) {
    assert.ok(thrown instanceof SluiceError && thrown.code === "invalid_request");
    const lines = thrown.message.split("\n");
    assert.match(lines[0] ?? "", /^The configuration has (one problem|\d+ problems):$/);
    return lines.slice(1).map((line) => line.trim().replaceAll(`${folder}/`, ""));
  }
  return assert.fail("the configuration was accepted");
}

test("without a file every key has its default", () => {
  assert.deepEqual(load(undefined).values, {
    data_dir: ".data",
    ledger: { hold_ttl_ms: 60_000, strict: false, limits: { calls: 3 }, mode: "a" },
    "provider-adapter": { addresses: {}, names: [] },
  });
});

test("the file is overlaid by variables and those by the command line", () => {
  const yaml = "data_dir: one\nledger:\n  hold_ttl_ms: 1\n  mode: b\nprovider-adapter:\n";
  const environment = {
    SLUICE_DATA_DIR: "two",
    SLUICE_LEDGER__HOLD_TTL_MS: "2",
    SLUICE_LEDGER__STRICT: "true",
    SLUICE_LEDGER__LIMITS__CALLS: "9",
    SLUICE_PROVIDER_ADAPTER__ADDRESSES__QUALITY_MONITOR: "h:1",
    SLUICE_CONFIG: "ignored",
    SLUICE_TEST_SHAPES: "ignored",
    PATH: "ignored",
  };
  const { values } = load(yaml, environment, { overrides: { data_dir: "three" } });
  assert.equal(values.data_dir, "three");
  assert.deepEqual(values.ledger, { hold_ttl_ms: 2, strict: true, limits: { calls: 9 }, mode: "b" });
  assert.deepEqual(values["provider-adapter"].addresses, { "quality-monitor": "h:1" });
});

test("all problems are reported at once, each with file, line, path and remedy", () => {
  const yaml = [
    "data_dir: 5",
    "ledger:",
    "  hold_tll_ms: 1",
    "  strict: maybe",
    "  limits:",
    "    call: 3",
    "leger: {}",
    "provider-adapter:",
    "  names: [a, 7]",
  ].join("\n");
  const problems = problemsOf(yaml, { SLUICE_LEDGER__MODE: "c", SLUICE_LEDGER__MOOD: "a", SLUICE_NOTHING: "1" });
  assert.deepEqual(problems, [
    "sluice.yaml:3: ledger.hold_tll_ms: no such key; did you mean hold_ttl_ms?",
    "sluice.yaml:6: ledger.limits.call: no such key; did you mean calls?",
    "sluice.yaml:7: leger: no such key; did you mean ledger?",
    "SLUICE_LEDGER__MOOD: no configuration key has this name; did you mean SLUICE_LEDGER__MODE?",
    "SLUICE_NOTHING: no configuration key has this name; known here: SLUICE_DATA_DIR, SLUICE_LEDGER, SLUICE_PROVIDER_ADAPTER",
    "sluice.yaml:1: data_dir: Invalid input: expected string, received number; it is: Folder",
    "sluice.yaml:4: ledger.strict: Invalid input: expected boolean, received string; it is: Strict",
    'SLUICE_LEDGER__MODE: ledger.mode: Invalid option: expected one of "a"|"b"; it is: Mode',
    "sluice.yaml:9: provider-adapter.names.1: Invalid input: expected string, received number; it is: Names",
  ]);
});

test("a variable cannot set a section, a list or a secret", () => {
  const problems = problemsOf(undefined, {
    SLUICE_LEDGER: "x",
    SLUICE_PROVIDER_ADAPTER__NAMES: "a",
    SLUICE_DATA_DIR: key("sk-"),
  });
  assert.match(problems[0] ?? "", /SLUICE_LEDGER: ledger is not a single value; set it in the configuration file/);
  assert.match(problems[1] ?? "", /SLUICE_PROVIDER_ADAPTER__NAMES: provider-adapter.names is not a single value/);
  assert.match(problems[2] ?? "", /SLUICE_DATA_DIR: a secret never lives in an environment variable/);
  assert.doesNotMatch(problems.join(), /Ab3Ab3/);
});

test("duplicate keys and broken YAML are told with their line, alone", () => {
  assert.deepEqual(problemsOf("ledger:\n  strict: true\n  strict: false\n"), [
    "sluice.yaml:3: Map keys must be unique; correct the YAML",
  ]);
  assert.match(problemsOf("ledger:\n  a: [1,\nb: 2\n").join(), /^sluice.yaml:\d: .*; correct the YAML/);
  assert.match(problemsOf("- a\n").join(), /^sluice.yaml:1: must be a map of sections/);
  const bomb = `a: &a [${"x,".repeat(9)}x]\n${"bcdefghi"
    .split("")
    .map((name, i) => `${name}: &${name} [${`*${"abcdefghi"[i]},`.repeat(10)}]`)
    .join("\n")}`;
  assert.match(problemsOf(bomb).join(), /aliases expand without end/);
});

test("a missing file is a problem that names the file", () => {
  assert.throws(
    () => loadConfig({ file: join(folder, "none.yaml"), sections, environment: {} }),
    /none\.yaml: cannot be read \(ENOENT/,
  );
});

test("literal secrets are refused by shape and by name, without ever printing them", () => {
  const shapes = ["sk-", "sk-ant-", "AIza", "gsk_", "xai-", "hf_"].map(key);
  for (const secret of [...shapes, `AKIA${"ABCD1234".repeat(2)}`, `Bearer ${key("")}`, key("")]) {
    const problems = problemsOf(`ledger:\n  mode: ${JSON.stringify(secret)}\n`);
    assert.match(
      problems[0] ?? "",
      /^sluice.yaml:2: ledger.mode: a secret never lives in the configuration file; .*sluice secrets set <provider>/,
    );
    assert.doesNotMatch(problems.join(), /Ab3|AKIA/);
  }
  for (const name of ["api_key", "apikey", "token", "client_secret", "password", "authorization", "OPENAI_API_KEY"]) {
    const problems = problemsOf(`provider-adapter:\n  ${name}: short\n`);
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? "", /a secret never lives/);
    assert.doesNotMatch(problems.join(), /short/);
  }
  assert.match(problemsOf(`${key("sk-")}: 1\n`).join(), /^sluice.yaml:1: \[redacted\]: a secret never lives/);
  assert.equal(
    load("provider-adapter:\n  password_file: /run/secrets/password\n").values["provider-adapter"].password_file,
    "/run/secrets/password",
  );
});

test("modules' inspections see the raw file and are reported with the rest", () => {
  const inspections = [({ file }: { file: unknown }) => [`seen ${JSON.stringify(file)}`]];
  const problems = problemsOf("data_dir: 5\n", {}, { inspections });
  assert.deepEqual(problems.length, 2);
  assert.equal(problems[0], 'seen {"data_dir":5}');
});

test("values of the command line are held to the same rules as a file's", () => {
  const given = (overrides: Record<string, unknown>) => problemsOf("", {}, { overrides }).join("\n");
  assert.match(given({ "ledgr.mode": 1 }), /command line: ledgr: no such key; did you mean ledger\?/);
  assert.match(given({ "ledger.mdoe": 1 }), /command line: ledger.mdoe: no such key; did you mean mode\?/);
  const secret = given({ "provider-adapter.api_key": key("sk-") });
  assert.match(secret, /command line: provider-adapter.api_key: a secret never lives/);
  assert.doesNotMatch(secret, /Ab3/);
  for (const path of ["__proto__.polluted", "ledger.__proto__.polluted", "ledger.constructor.prototype.polluted"]) {
    assert.match(given({ [path]: 1 }), /no such key/);
  }
  assert.equal(Object.hasOwn(Object.prototype, "polluted"), false);
});

test("a key that is only commented out still lies in the file", () => {
  const problems = problemsOf(`data_dir: x # was ${key("sk-")}\n# nothing here\n`).join("\n");
  assert.match(problems, /^sluice.yaml:1: a comment holds a secret/);
  assert.doesNotMatch(problems, /Ab3/);
});

test("a long path is no secret", () => {
  const path = "/srv/Sluice2/production/customers/of-the-north/data";
  assert.equal(load(`data_dir: ${path}\n`).values.data_dir, path);
});
