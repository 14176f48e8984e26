import assert from "node:assert/strict";
import { test } from "node:test";
import { inspectStart } from "./inspect.ts";

const VALUE = "sk-proj-abcdefghijklmnopqrst";

test("a provider key in the environment is a problem that names the command, not the key", () => {
  const environment = { OPENAI_API_KEY: VALUE, JINA_API_KEY: VALUE, GROQ_API_KEY: " ", HOME: "/root" };
  const problems = inspectStart({ file: undefined, environment });
  assert.deepEqual(problems, [
    "OPENAI_API_KEY is set in the environment; Sluice reads no provider keys from there: store it with `sluice secrets set openai`, then start with it unset (`env -u OPENAI_API_KEY …`).",
    "JINA_API_KEY is set in the environment; Sluice reads no provider keys from there: add jina under provider_adapter.providers, store its key with `sluice secrets set jina`, then start with it unset (`env -u JINA_API_KEY …`).",
  ]);
});

test("a provider key in the file or in an overriding variable is a problem", () => {
  const file = { provider_adapter: { providers: { acme: { base_url: "https://a.example/v1", api_key: "short" } } } };
  const environment = { SLUICE_PROVIDER_ADAPTER__PROVIDERS__ACME__API_KEY: "0123456789" };
  const problems = inspectStart({ file, environment });
  assert.equal(problems.length, 2);
  assert.match(problems.join("\n"), /providers\.acme\.api_key holds a provider key.*sluice secrets set acme/);
  assert.doesNotMatch(problems.join("\n"), /short|0123456789/);
  const elsewhere = { provider_adapter: { providers: { acme: { base_url: `https://a.example/${VALUE}` } } } };
  assert.equal(inspectStart({ file: elsewhere, environment: {} }).length, 1);
});

test("an ordinary start has no problems", () => {
  const file = {
    provider_adapter: { providers: { acme: { base_url: "https://a.example/v1", models: ["m"], needs_key: false } } },
  };
  assert.deepEqual(inspectStart({ file, environment: { PATH: "/bin" } }), []);
  assert.deepEqual(inspectStart({ file: null, environment: {} }), []);
});
