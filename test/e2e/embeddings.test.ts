// shapes: embedded distributed
import assert from "node:assert/strict";
import OpenAI from "openai";
import { readOpenAiSpec } from "../contract/openai-spec.ts";
import { eventually } from "../harness/index.ts";
import type { System } from "../harness/system.ts";
import { billIsLedger } from "./support/bill-is-ledger.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";

const specification = readOpenAiSpec();
const client = (system: System, apiKey = system.apiKey): OpenAI =>
  new OpenAI({ baseURL: `${system.url}/v1`, apiKey, maxRetries: 0 });

/** Failures after which the next candidate serves, each as the simulator's model that makes it. */
const FAULTS = [
  ...["503", "401", "429", "html", "drop", "cut", "malformed", "inband-error"],
  ...["empty", "bad-result=0", "bad-result=1", "bad-result=2"],
];
const aliases = Object.fromEntries(
  FAULTS.map((fault) => [`after-${fault}`, [`sim/embedder+${fault}`, "sim/embedder"]]),
);

async function refused(run: Promise<unknown>): Promise<{ status: number | undefined; code: string; message: string }> {
  try {
    await run;
  } catch (error) {
    if (error instanceof OpenAI.APIError) {
      return { status: error.status, code: String(error.code), message: error.message };
    }
    throw error;
  }
  return assert.fail("It was answered.");
}

/** A request without the SDK, which always asks for base64. */
async function post(system: System, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${system.url}/v1/embeddings`, {
    method: "POST",
    headers: { authorization: `Bearer ${system.apiKey}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { response, body: (await response.json()) as Record<string, unknown> };
}

const vectors: Case = [
  "texts, lists of texts and token numbers become vectors, as numbers or base64",
  async (system) => {
    const model = "sim/embedder";
    const { data, response } = await client(system).embeddings.create({ model, input: "Hello" }).withResponse();
    assert.equal(data.data[0]?.embedding.length, 256);
    assert.deepEqual(data.usage, { prompt_tokens: 9, total_tokens: 9 });
    const header = (name: string) => response.headers.get(`x-sluice-${name}`);
    assert.deepEqual([header("provider"), header("model"), header("attempts")], ["sim", "embedder", "1"]);
    assert.equal(header("cost-usd"), "0.000009");
    const many = await client(system).embeddings.create({ model, input: ["Hello", "World"], dimensions: 8 });
    assert.deepEqual(
      many.data.map(({ index, embedding }) => [index, embedding.length]),
      [
        [0, 8],
        [1, 8],
      ],
    );
    const tokens = await client(system).embeddings.create({ model, input: [[1, 2, 3], [4]] });
    assert.deepEqual([tokens.data.length, tokens.usage.prompt_tokens], [2, 4]);
    const floats = await client(system).embeddings.create({ model, input: "Hello", encoding_format: "float" });
    assert.deepEqual(floats.data[0]?.embedding, data.data[0]?.embedding, "both forms say the same");
    specification?.check("CreateEmbeddingResponse", floats);
    const encoded = await post(system, { model, input: "Hello", encoding_format: "base64" });
    const [first] = encoded.body["data"] as { embedding: string }[];
    const bytes = Buffer.from(first?.embedding ?? "", "base64");
    assert.equal(bytes.readFloatLE(0), floats.data[0]?.embedding[0]);
  },
];

const failover: Case = [
  "whatever the first candidate does wrong, an answer that cannot be used included, the second serves",
  async (system) => {
    const good = await client(system).embeddings.create({ model: "sim/embedder", input: ["one", "two"] });
    for (const fault of FAULTS) {
      const asked = client(system).embeddings.create({ model: `after-${fault}`, input: ["one", "two"] });
      const { data, response } = await asked.withResponse();
      assert.equal(response.headers.get("x-sluice-attempts"), "2", fault);
      assert.deepEqual(data.data, good.data, fault);
    }
    const alone = await refused(client(system).embeddings.create({ model: "sim/embedder+empty", input: "one" }));
    assert.deepEqual([alone.status, alone.code], [502, "upstream_bad_response"]);
  },
];

const faults: Case = [
  "what cannot be answered is told: the field, the limit, the models that can",
  async (system) => {
    const ask = (body: object) => refused(client(system).post("/embeddings", { body }));
    const cases: readonly (readonly [object, number, RegExp])[] = [
      [{ input: "x" }, 400, /model is required/],
      [{ model: "sim/embedder" }, 400, /input/],
      [{ model: "sim/embedder", input: [] }, 400, /input must have at least 1 entries/],
      [{ model: "sim/embedder", input: ["a", 1] }, 400, /mixture/],
      [
        { model: "sim/embedder", input: Array.from({ length: 2_049 }, () => "a") },
        400,
        /at most 2048 entries; got 2049/,
      ],
      [{ model: "sim/embedder", input: "a", dimensions: 0 }, 400, /dimensions must be at least 1/],
      [{ model: "sim/embedder", input: "a", encoding_format: "hex" }, 400, /encoding_format must be one of/],
      [{ model: "sim/small", input: "a" }, 400, /does not do embeddings; models that do are .*sim\/embedder/],
      [{ model: "sim/nothing", input: "a" }, 404, /does not exist here/],
    ];
    for (const [body, status, message] of cases) {
      const error = await ask(body);
      assert.deepEqual([error.status, message.test(error.message)], [status, true], error.message);
    }
    const chat = refused(
      client(system).chat.completions.create({ model: "sim/embedder", messages: [{ role: "user", content: "Hi" }] }),
    );
    assert.match((await chat).message, /"sim\/embedder" does not do chat; models that do are /);
  },
];

const budgets: Case = [
  "a budget holds: the call that does not fit is refused before it is made",
  async (system) => {
    const { id, secret } = await system.createKey();
    await system.json(["budgets", "set", "key", id, "--usd", "0.00002"]);
    const ask = () => client(system, secret).embeddings.create({ model: "sim/embedder", input: "Hello" });
    await ask();
    await ask();
    const before = system.simulator.bills().length;
    const { status, code } = await refused(ask());
    assert.ok(status === 402 || code === "budget_held", code);
    assert.equal(system.simulator.bills().length, before, "nobody was called");
  },
];

const estimate: Case = [
  "a dry run tells the cost and calls nobody",
  async (system) => {
    const before = system.simulator.bills().length;
    const asked = { model: "sim/embedder", input: "Hello" };
    const { response, body } = await post(system, asked, { "x-sluice-dry-run": "estimate" });
    assert.equal(response.status, 200, JSON.stringify(body));
    assert.match(JSON.stringify(body), /0\.000009/);
    assert.equal(system.simulator.bills().length, before);
  },
];

const story: Case = [
  "the list of models shows what each can do, and explain tells the attempts of a request",
  async (system) => {
    const { body } = await getModel(system, "sim/embedder");
    assert.deepEqual(body.x_sluice.capabilities, ["embeddings"]);
    const { response } = await post(system, { model: "after-503", input: "Hello" });
    const id = response.headers.get("x-sluice-request-id") ?? "";
    await eventually(async () => {
      const told = await system.json<{ attempts: { model: string; outcome: string }[] }>(["explain", id]);
      assert.deepEqual(
        told.attempts.map(({ model, outcome }) => [model, outcome]),
        [
          ["embedder+503", "failed"],
          ["embedder", "delivered"],
        ],
      );
    });
  },
];

async function getModel(system: System, name: string) {
  const headers = { authorization: `Bearer ${system.apiKey}` };
  const response = await fetch(`${system.url}/v1/models/${name}`, { headers });
  return { body: (await response.json()) as { x_sluice: { capabilities: string[] } } };
}

const books: Case = [
  "the ledger is the provider's bill",
  async (system) => {
    const { spent } = await billIsLedger(system);
    assert.ok(spent > 0n);
  },
];

proveInEachShape("embeddings", [vectors, failover, faults, budgets, estimate, story, books], {
  settings: { "router.aliases": JSON.stringify(aliases) },
});
