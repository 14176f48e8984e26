import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../harness/index.ts";
import { RULES } from "./rules.ts";
import { readSources } from "./sources.ts";

/** Runs the rule called `name` over a small made-up checkout. */
function breaches(name: string, files: Readonly<Record<string, string>>): string[] {
  const root = temporaryDirectory("tidy");
  const all = {
    "tsconfig.json": `{ "include": ["**/*.ts"], "compilerOptions": { "types": [], "noLib": true } }`,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const rule = RULES.find((candidate) => candidate.name.startsWith(name));
  if (rule === undefined) throw new Error(`There is no rule "${name}".`);
  return rule.check(readSources(root, Object.keys(files)));
}

const LONG = (lines: number): string => `${"let x = 1;\n".repeat(lines)}`;
const SUITE = `function suite() {\n${`test("x", () => {\n${LONG(60)}});\n`.repeat(3)}}`;
const GROUP = `function suite() {\n${LONG(10)}describe("y", () => {\n${LONG(65)}test("x", () => {\n${LONG(60)}});\n});\n}`;
const LEDGER = "services/ledger/src/";

/** Per rule: files that break it, with the breaches; and files that do not. */
const SAMPLES: readonly [rule: string, bad: Record<string, string>, good: Record<string, string>][] = [
  ["a file has", { [`${LEDGER}a.ts`]: LONG(401) }, { [`${LEDGER}a.ts`]: LONG(400), "proto/gen/a.ts": LONG(900) }],
  [
    "a function has",
    { [`${LEDGER}a.ts`]: `const f = () => {\n${LONG(70)}};` },
    { [`${LEDGER}a.ts`]: `const f = () => {\n${LONG(68)}};`, "test/a.ts": `describe("x", () => {\n${LONG(90)}});` },
  ],
  ["a function has", { "test/a.ts": `test("x", () => {\n${LONG(70)}});` }, { "test/a.ts": SUITE, "test/b.ts": GROUP }],
  ["nothing is of type any", { [`${LEDGER}a.ts`]: "let a: any[];" }, { [`${LEDGER}a.ts`]: `const any = "any";` }],
  [
    "no error is swallowed",
    { [`${LEDGER}a.ts`]: "try { f(); } catch {}", [`${LEDGER}b.ts`]: "f().catch(() => {});" },
    { [`${LEDGER}a.ts`]: "try { f(); } catch { /* it is gone already */ }\nf().catch(() => undefined);" },
  ],
  ["no console", { [`${LEDGER}a.ts`]: "console.log(1);" }, { [`${LEDGER}a.test.ts`]: "console.log(1);" }],
  [
    "the environment",
    { [`${LEDGER}a.ts`]: "f(process.env.HOME);", "services/launcher/src/b.ts": "f(process.env);" },
    { "services/platform/src/config/a.ts": "f(process.env);", "test/a.ts": "f(process.env);" },
  ],
  ["no check is switched off", { [`${LEDGER}a.ts`]: `// @ts-${"ignore"} x` }, { [`${LEDGER}a.ts`]: "// ts is fine" }],
  [
    "no test is skipped",
    { "test/a.test.ts": `test("a", { only: true }, f);`, "test/b.test.ts": `test.skip("b", f);` },
    { "test/a.test.ts": `test("a", { skip: "there are no recordings beside the checkout" }, f);` },
  ],
  [
    "file names",
    { [`${LEDGER}fooBar.ts`]: "", "proto/a-b.proto": "" },
    { [`${LEDGER}foo-bar.test.ts`]: "", "proto/a_b.proto": "" },
  ],
  [
    "imports go one way",
    {
      [`${LEDGER}a.ts`]: `import "@sluice/router";`,
      [`${LEDGER}b.ts`]: `await import("../../router/src/plan.ts");`,
      "services/platform/src/a.ts": `export * from "@sluice/ledger";`,
      "services/simulator/src/a.ts": `import "@sluice/proto/chat/v1/chat";`,
      "services/router/src/a.ts": `import "../../../test/harness/index.ts";`,
    },
    {
      [`${LEDGER}a.ts`]: `import "@sluice/platform/bus";\nimport "./b.ts";\nimport "zod";`,
      "services/launcher/src/a.ts": `import "@sluice/ledger";`,
      [`${LEDGER}a.test.ts`]: `import "@sluice/test/harness";`,
    },
  ],
  [
    "a client library",
    {
      [`${LEDGER}a.ts`]: `import type { Redis } from "ioredis";`,
      "services/platform/src/bus/embedded-bus.ts": `import "nats";`,
    },
    { "services/platform/src/bus/jetstream-bus.ts": `import "nats";`, "test/a.ts": `import "nats";` },
  ],
  ["relative imports", { [`${LEDGER}a.ts`]: `import "./b";` }, { [`${LEDGER}a.ts`]: `import "./b.ts";` }],
  [
    "provider names",
    {
      "services/router/src/a.ts": `if (name === "anthropic/claude") f();`,
      "services/ledger/src/b.ts": "const isOpenAi = openaiCall;",
    },
    {
      "services/router/src/a.ts": "// as anthropic does it\nconst text = `such as openai/gpt or gemini`;",
      "services/provider-adapter/src/providers/x/index.ts": `const name = "gemini";`,
      "services/ingress/src/errors.ts": "const type = row.openaiType;",
    },
  ],
  [
    "each service",
    { "services/ledger/package.json": "{}" },
    Object.fromEntries(
      ["README.md", "package.json", "src/index.ts", "src/config.ts"].map((name) => [`services/ledger/${name}`, ""]),
    ),
  ],
  [
    "each provider folder",
    { "services/provider-adapter/src/providers/x/wire.ts": "" },
    Object.fromEntries(
      ["index.ts", "models.ts", "fixtures/text.json"].map((name) => [
        `services/provider-adapter/src/providers/x/${name}`,
        "",
      ]),
    ),
  ],
  ["the README", { "README.md": "npm start" }, { "README.md": "npm start or npm run start:distributed" }],
  ["no path of one machine", { "README.md": ` see /${"home"}/me/x` }, { "README.md": "see src/home/x and /var/lib/x" }],
  ["no package registry", { "README.md": `registry.${"npmjs"}.org` }, { "README.md": "npm" }],
  [
    "the lock file",
    { "package-lock.json": `"resolved": "https://x"` },
    { "package-lock.json": `"resolved": "services/x"` },
  ],
  [
    "the lock file knows",
    { "package-lock.json": `{ "packages": { "node_modules/a": { "optionalDependencies": { "a-linux": "1.0.0" } } } }` },
    { "package-lock.json": `{ "packages": { "": {}, "node_modules/a": {} } }` },
  ],
  ["no file is over", { "a.bin": "x".repeat(1024 * 1024 + 1) }, { "a.bin": "x" }],
  [
    "a test says",
    { "test/a.test.ts": "await startNats();" },
    { "test/a.test.ts": "// needs: nats\nawait startNats();" },
  ],
  ["an end-to-end test", { "test/e2e/a.test.ts": "" }, { "test/e2e/a.test.ts": "// shapes: embedded distributed" }],
];

for (const [rule, bad, good] of SAMPLES) {
  test(`"${rule}" finds what breaks it and nothing else`, () => {
    for (const [path, text] of Object.entries(bad)) {
      assert.notDeepEqual(breaches(rule, { [path]: text }), [], `${path} should break it`);
    }
    assert.deepEqual(breaches(rule, good), []);
  });
}

test("each rule has a sample that breaks it", () => {
  const unproven = RULES.filter(({ name }) => !SAMPLES.some(([rule]) => name.startsWith(rule)));
  assert.deepEqual(unproven, []);
});
