// shapes: embedded
import assert from "node:assert/strict";
import { test } from "node:test";
import { ABILITIES } from "@sluice/platform/tasks";
import { builtInProviders } from "@sluice/provider-adapter/recordings";
import { needsResponses } from "../../services/provider-adapter/src/providers/openai/responses/models.ts";
import { eventually } from "../harness/poll.ts";
import { type System, startSystem } from "../harness/system.ts";

const MODELS_MIN = 200;
const PROVIDERS_MIN = 15;
const AT_ONCE = 8;
/** Doors of the simulator by wire; whoever is not named speaks OpenAI's. */
const PATHS: Readonly<Record<string, string>> = { gemini: "/v1beta" };
/** Their wires (signatures, frames, addresses by deployment) have tests of their own; the simulator does not speak them. */
const OTHER_WIRES = new Set(["azure", "bedrock", "cohere", "vertex"]);

/** The fee of its searches is in no catalogue, so it stays without a price and is refused. */
const UNPRICED = new Set(["openai/gpt-4o-search-preview"]);

interface Listed {
  readonly id: string;
  readonly x_sluice: {
    readonly capabilities: readonly string[];
    readonly simulated: boolean;
    readonly available: boolean;
  };
}

const providers = builtInProviders().filter(
  ({ name, models }) => !name.startsWith("sim") && !OTHER_WIRES.has(name) && models.length > 0,
);

test("every chat model of every provider is answered by its name, priced, and says what it can do", async (t) => {
  const system = await startSystem({
    shape: "embedded",
    anyModel: true,
    providers: (url) =>
      Object.fromEntries(providers.map(({ name }) => [name, { base_url: url.replace(/\/v1$/, PATHS[name] ?? "/v1") }])),
  });
  t.after(() => system.stop());
  for (const { name } of providers) {
    const stored = await system.command(["secrets", "set", name], system.simulator.apiKey);
    assert.equal(stored.code, 0, stored.stderr);
  }
  // The router learns of new credentials with the next reading of the catalogue.
  const chats = await eventually(
    async () => {
      const found = await chatsOf(system);
      assert.ok(found.every(({ x_sluice: facts }) => facts.available));
      return found;
    },
    { message: "the models are available" },
  );
  assert.ok(chats.length >= MODELS_MIN, `${chats.length} models`);
  const makers = new Set(chats.map(({ id }) => id.slice(0, id.indexOf("/"))));
  assert.ok(makers.size >= PROVIDERS_MIN, [...makers].join(", "));
  const faults: string[] = [];
  const queue = chats.values();
  const worker = async (): Promise<void> => {
    for (const { id } of queue) faults.push(...(await faultsOf(system, id)));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  assert.deepEqual(faults, []);
  t.diagnostic(`${chats.length} models of ${makers.size} providers`);
});

const TASKS: ReadonlySet<string> = new Set(Object.values(ABILITIES));

/** Models that only serve requests beside chat are no chat models. */
function isChat(capabilities: readonly string[]): boolean {
  return capabilities.length > 0 && !capabilities.every((name) => TASKS.has(name));
}

async function chatsOf(system: System): Promise<readonly Listed[]> {
  const asked = new Set(providers.map(({ name }) => name));
  const listed = await list(system);
  return listed.filter(
    ({ id, x_sluice: facts }) =>
      asked.has(id.slice(0, id.indexOf("/"))) &&
      isChat(facts.capabilities) &&
      !needsResponses(id.slice(id.indexOf("/") + 1)),
  );
}

async function list(system: System): Promise<readonly Listed[]> {
  const response = await fetch(`${system.url}/v1/models`, { headers: { authorization: `Bearer ${system.apiKey}` } });
  assert.equal(response.status, 200);
  const { data } = (await response.json()) as { readonly data: readonly Listed[] };
  return data;
}

async function faultsOf(system: System, model: string): Promise<readonly string[]> {
  const response = await fetch(`${system.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${system.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ model, max_tokens: 64, messages: [{ role: "user", content: "Say hello." }] }),
  });
  const text = await response.text();
  if (UNPRICED.has(model)) return /"model_unpriced"/.test(text) ? [] : [`${model}: ${response.status}, not unpriced`];
  if (response.status !== 200) return [`${model}: ${response.status} ${text.slice(0, 300)}`];
  const named = `${response.headers.get("x-sluice-provider")}/${decodeURIComponent(response.headers.get("x-sluice-model") ?? "")}`;
  if (named !== model) return [`${model}: served by ${named}`];
  const cost = Number(response.headers.get("x-sluice-cost-usd"));
  const free = model.endsWith(":free");
  return Number.isFinite(cost) && (cost > 0 || free) ? [] : [`${model}: costs ${cost}`];
}
