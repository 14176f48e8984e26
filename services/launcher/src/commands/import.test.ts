import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadConfig } from "@sluice/platform/config";
import { parse } from "yaml";
import { sectionOf, TARGETS } from "../targets.ts";
import { runCommand } from "./testing/run-command.ts";

const KEY = ["sk", "proj", "abcdefghijklmnopqrstuvwxyz0123456789"].join("-");

const LITELLM = `
model_list:
  - model_name: chat
    litellm_params: { model: openai/gpt-4.1, api_key: ${KEY}, rpm: 300 }
  - model_name: chat
    litellm_params: { model: anthropic/claude-sonnet-4-5, api_key: os.environ/ANTHROPIC_KEY, rpm: 100 }
  - model_name: mini
    litellm_params: { model: gpt-4.1-mini, api_key: ${KEY}, timeout: 30, stream_timeout: 4.5, max_tokens: 500, temperature: 0.1 }
    model_info: { mode: chat, input_cost_per_token: 0.1 }
  - model_name: own
    litellm_params: { model: openai/llama-3, api_base: "http://10.0.0.7:8000/v1/", api_key: none-needed }
  - model_name: second
    litellm_params: { model: openai/gpt-4.1, api_key: os.environ/OTHER_KEY }
  - model_name: "groq/*"
    litellm_params: { model: "groq/*", api_key: os.environ/GROQ_KEY }
  - model_name: lost
    litellm_params: { model: my-private-thing }
litellm_settings:
  fallbacks: [{ mini: [chat, ghost] }]
  num_retries: 3
  request_timeout: 60
  callbacks: [langfuse]
router_settings:
  routing_strategy: least-busy
  allowed_fails: 3
  cooldown_time: 30
  model_group_alias: { default: mini }
general_settings: { master_key: ${KEY} }
`;

const PORTKEY = {
  strategy: { mode: "fallback", on_status_codes: [429] },
  retry: { attempts: 3 },
  cache: { mode: "semantic" },
  request_timeout: 20_000,
  targets: [
    {
      strategy: { mode: "loadbalance" },
      targets: [
        { provider: "openai", apiKey: KEY, weight: 3, override_params: { model: "gpt-4.1", temperature: 0 } },
        { provider: "azure-openai", virtual_key: "azure-12", weight: 0 },
      ],
    },
    { provider: "anthropic", api_key: "os-key-of-anthropic", overrideParams: { model: "claude-sonnet-4-5" } },
    { provider: "mistral-ai", virtual_key: "mine-7" },
    { virtual_key: "unknown" },
  ],
};

async function folder(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-import-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

interface Report {
  readonly config: {
    readonly router: Readonly<Record<string, unknown>> & { readonly aliases: Readonly<Record<string, unknown>> };
    readonly provider_adapter?: { readonly providers: Readonly<Record<string, unknown>> };
  };
  readonly keys: readonly { readonly provider: string; readonly found: string }[];
  readonly not_carried_over: readonly { readonly where: string; readonly why: string }[];
}

async function imported(t: TestContext, gateway: string, text: string): Promise<Report> {
  const directory = await folder(t);
  const file = join(directory, gateway === "litellm" ? "config.yaml" : "team.json");
  await writeFile(file, text);
  const out = join(directory, "sluice.yaml");
  const run = await runCommand(["import", gateway, file, "--out", out, "--json"], { dataDirectory: directory });
  assert.equal(run.code, 0, run.stderr);
  assert.doesNotMatch(
    run.stdout + run.stderr + (await readFile(out, "utf8")),
    new RegExp(`${KEY}|os-key-of|none-needed`),
  );
  const sections = Object.fromEntries(TARGETS.map(({ name, config }) => [sectionOf(name), config]));
  loadConfig({ sections, environment: {}, file: out });
  return JSON.parse(run.stdout) as Report;
}

const places = (report: Report): string => report.not_carried_over.map(({ where }) => where).join("\n");

test("LiteLLM's names, weights, fallbacks, limits and addresses become ours, keys do not, and the rest is told", async (t) => {
  const report = await imported(t, "litellm", LITELLM);
  const { router, provider_adapter: adapter } = report.config;
  assert.deepEqual(router.aliases, {
    chat: [
      { model: "openai/gpt-4.1", weight: 300 },
      { model: "anthropic/claude-sonnet-4-5", weight: 100 },
    ],
    mini: ["openai/gpt-4.1-mini", "openai/gpt-4.1", "anthropic/claude-sonnet-4-5"],
    own: ["host-10-0-0-7/llama-3"],
    second: ["openai-2/gpt-4.1"],
    default: ["openai/gpt-4.1-mini"],
  });
  assert.deepEqual(router["routes"], [
    {
      models: ["mini"],
      timeouts: { first_content_ms: 4_500, total_ms: 30_000 },
      default_output_tokens: 500,
    },
  ]);
  assert.deepEqual(router["retry"], { same_candidate_max: 3 });
  assert.deepEqual(router["timeouts"], { total_ms: 60_000 });
  assert.deepEqual(router["breaker"], { failures_min: 3, open_ms: 30_000, open_max_ms: 60_000 });
  assert.deepEqual(adapter?.providers, {
    "host-10-0-0-7": { base_url: "http://10.0.0.7:8000/v1", models: ["llama-3"] },
    "openai-2": { base_url: "https://api.openai.com/v1", price_prefix: "openai", models: ["gpt-4.1"] },
  });
  assert.deepEqual(
    report.keys.map(({ provider, found }) => `${provider} ${found}`),
    [
      "openai in the file",
      "anthropic in the variable ANTHROPIC_KEY",
      "host-10-0-0-7 in the file",
      "openai-2 in the variable OTHER_KEY",
      "groq in the variable GROQ_KEY",
    ],
  );
  for (const path of [
    "model_list[2].litellm_params.temperature",
    "model_list[2].model_info.input_cost_per_token",
    "model_list[6].litellm_params.model",
    "fallbacks of mini",
    "litellm_settings.callbacks",
    "router_settings.routing_strategy",
    "general_settings.master_key",
  ]) {
    assert.ok(places(report).includes(path), `${path} is not told:\n${places(report)}`);
  }
});

test("a config of Portkey's becomes a name with targets", async (t) => {
  const report = await imported(t, "portkey", JSON.stringify(PORTKEY));
  assert.deepEqual(report.config.router, {
    aliases: { team: ["openai/gpt-4.1", "anthropic/claude-sonnet-4-5"] },
    retry: { same_candidate_max: 3 },
    timeouts: { total_ms: 20_000 },
  });
  assert.deepEqual(
    report.keys.map(({ provider, found }) => `${provider} ${found}`),
    ["openai in the file", "anthropic in the file", "mistral in the other gateway's store as mine-7"],
  );
  for (const path of ["cache", "strategy.on_status_codes", "targets[3]", "targets[0].targets[1].weight"]) {
    assert.ok(places(report).includes(path), `${path} is not told:\n${places(report)}`);
  }
});

test("what may be a key in an address is neither written nor shown", async (t) => {
  const address = `https://me:${KEY}@models.example/v1?code=${KEY}#${KEY}`;
  const list = [{ model_name: "own", litellm_params: { model: "openai/llama-3", api_base: address } }];
  const litellm = await imported(t, "litellm", JSON.stringify({ model_list: list }));
  const providers = {
    "models-example": { base_url: "https://models.example/v1", needs_key: false, models: ["llama-3"] },
  };
  assert.deepEqual(litellm.config.provider_adapter?.providers, providers);
  assert.match(litellm.not_carried_over[0]?.why ?? "", /the address of models\.example has a user/);
  const target = { provider: "openai", custom_host: address, override_params: { model: "gpt-4.1" } };
  await imported(t, "portkey", JSON.stringify(target));
});

test("a second address of a provider that can have only one is left out, and told", async (t) => {
  const entry = (address: string) =>
    `  - { model_name: gpt, litellm_params: { model: azure/gpt-4.1, api_base: "https://${address}", api_key: os.environ/A } }`;
  const report = await imported(t, "litellm", `model_list:\n${entry("one.example")}\n${entry("two.example")}\n`);
  assert.deepEqual(report.config.router.aliases["gpt"], ["azure/gpt-4.1"]);
  assert.deepEqual(Object.keys(report.config.provider_adapter?.providers ?? {}), ["azure"]);
  assert.ok(report.not_carried_over.some(({ where, why }) => /model_list\[1\]/.test(where) && /left out/.test(why)));
});

test("weights of a load balancer stay", async (t) => {
  const targets = [
    { provider: "openai", weight: 0.7, override_params: { model: "gpt-4.1" } },
    { provider: "groq", weight: 0.3, override_params: { model: "llama-3.3-70b-versatile" } },
  ];
  const report = await imported(t, "portkey", JSON.stringify({ strategy: { mode: "loadbalance" }, targets }));
  assert.deepEqual(report.config.router.aliases["team"], [
    { model: "openai/gpt-4.1", weight: 0.7 },
    { model: "groq/llama-3.3-70b-versatile", weight: 0.3 },
  ]);
});

test("what is no configuration is refused without repeating it, and no file is overwritten", async (t) => {
  const directory = await folder(t);
  const run = (line: readonly string[]) => runCommand(["import", ...line], { dataDirectory: directory });
  const file = join(directory, "x");
  await writeFile(file, `{ "api_key": "${KEY}" `);
  for (const gateway of ["portkey", "litellm"]) {
    const broken = await run([gateway, file]);
    assert.equal(broken.code, 1);
    assert.match(broken.stderr, /cannot be read\. It is no (JSON|YAML)/);
    assert.doesNotMatch(broken.stderr, new RegExp(KEY));
  }
  await writeFile(file, "other: 1\n");
  assert.match((await run(["litellm", file])).stderr, /nothing that can be carried over/);
  assert.match((await run(["kong", file])).stderr, /"kong" cannot be imported; these can: litellm, portkey/);
  assert.match((await run(["litellm", join(directory, "missing")])).stderr, /cannot be read/);
  await writeFile(file, LITELLM);
  assert.match((await run(["litellm", file, "--out", file])).stderr, /exists already and is left alone/);
  const printed = await run(["litellm", file]);
  assert.ok(Object.hasOwn(parse(printed.stdout), "router"));
  assert.match(printed.stderr, /sluice secrets set anthropic {3}\(in the variable ANTHROPIC_KEY\)/);
});
