// shapes: embedded distributed
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { eventually } from "../harness/index.ts";
import { type System, shapes, startSystem } from "../harness/system.ts";
import { type StandIn, startStandIn, TOKENS, WORDS } from "./support/clouds/stand-in.ts";
import { readFacts } from "./support/facts.ts";
import { ask, type Seen } from "./support/failover/ask.ts";
import { filesWith } from "./support/search-files.ts";

const ACCESS_KEY = { access_key_id: "AKIACLOUDS0123456789", secret_access_key: "clouds-secret-access-key-0123" };
const PEM = generateKeyPairSync("rsa", { modulusLength: 2_048 })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString();
const PEM_LINE = PEM.split("\n")[3] ?? "";

/** One model of each wire that answers, with its price in nano-USD a token of prompt and of answer. */
const ANSWERING = [
  { model: "bedrock/amazon.nova-micro-v1:0", price: [35, 140] },
  { model: "vertex/gemini-2.5-flash", price: [300, 2_500] },
  { model: "cohere/command-r7b-12-2024", price: [37.5, 150] },
] as const;

const BUSY_THEN_WELL = ["bedrock/amazon.nova-lite-v1:0", "vertex/gemini-2.5-flash"];

const providers = (url: string) => ({
  bedrock: { base_url: url, region: "us-east-1" },
  vertex: { base_url: `${url}/v1`, project: "acme" },
  cohere: { base_url: url },
});

async function store(system: System, provider: string, secret: string): Promise<void> {
  const stored = await system.command(["secrets", "set", provider], secret);
  assert.equal(stored.code, 0, stored.stderr);
}

/** What became of the attempts of one request, in their order. */
async function attemptsOf(system: System, { requestId }: Seen, count: number) {
  return await eventually(
    async () => {
      const facts = await readFacts(system, ["attempt.metered", "ledger.posted"]);
      const metered = facts.filter(
        ({ type, payload }) => type === "attempt.metered" && payload["requestId"] === requestId,
      );
      assert.equal(metered.length, count);
      return metered.map(({ payload }) => {
        const posted = facts.filter(
          ({ type, payload: posting }) => type === "ledger.posted" && posting["attemptId"] === payload["attemptId"],
        );
        assert.equal(posted.length, 1, "each attempt is posted once");
        const usage = (payload["usage"] ?? {}) as Readonly<Record<string, string>>;
        return {
          ending: payload["ending"],
          source: payload["usageSource"],
          input: Number(usage["inputTokens"] ?? 0),
          output: Number(usage["outputTokens"] ?? 0),
          nanousd: Number(posted[0]?.payload["amountNanousd"] ?? 0),
        };
      });
    },
    { intervalMs: 300, timeoutMs: 30_000, message: "the attempts being posted" },
  );
}

async function answersAndBills(system: System): Promise<void> {
  for (const { model, price } of ANSWERING) {
    for (const stream of [false, true]) {
      const seen = await ask(system, model, { stream });
      assert.equal(seen.error, undefined, `${model}: ${seen.text}`);
      assert.equal((seen.answer as { content: string }).content, WORDS.join(""), model);
      const [attempt] = await attemptsOf(system, seen, 1);
      assert.deepEqual([attempt?.input, attempt?.output], [TOKENS.prompt, TOKENS.answer], model);
      assert.equal(attempt?.source, "USAGE_SOURCE_PROVIDER", model);
      assert.equal(attempt?.nanousd, Math.ceil(TOKENS.prompt * price[0] + TOKENS.answer * price[1]), model);
    }
  }
}

async function failsOver(system: System): Promise<void> {
  const seen = await ask(system, "busy-then-well", { stream: true });
  assert.deepEqual([seen.error, seen.attempts, seen.provider], [undefined, "2", "vertex"]);
  const [busy, well] = await attemptsOf(system, seen, 2);
  assert.deepEqual([busy?.ending, busy?.nanousd, well?.ending], ["error", 0, "completed"]);
}

async function cut(system: System): Promise<void> {
  const seen = await ask(system, "bedrock/amazon.nova-pro-v1:0", { stream: true });
  assert.match(seen.error?.code ?? "", /^upstream_/);
  const { content } = seen.answer as { content: string };
  assert.ok(content.startsWith(WORDS.join("")), content);
  const [attempt] = await attemptsOf(system, seen, 1);
  assert.deepEqual([attempt?.ending, attempt?.source], ["cut", "USAGE_SOURCE_COUNTED"]);
  assert.ok(
    (attempt?.output ?? 0) >= content.split(" ").length - 1 && (attempt?.nanousd ?? 0) > 0,
    "what was delivered is billed",
  );
}

async function prove(system: System, standIn: StandIn): Promise<void> {
  await store(system, "bedrock", JSON.stringify(ACCESS_KEY, null, 2));
  const account = {
    type: "service_account",
    client_email: "g@acme.example",
    private_key: PEM,
    token_uri: `${standIn.url}/token`,
  };
  await store(system, "vertex", JSON.stringify(account, null, 2));
  await store(system, "cohere", "cohere-key-0123456789abcdef");
  await answersAndBills(system);
  await failsOver(system);
  await cut(system);
  assert.equal(standIn.tokens(), 1, "one token serves every call");
  const signed = standIn.asked.filter(({ path }) => path.startsWith("/model/"));
  for (const { authorization } of signed)
    assert.match(authorization, /^AWS4-HMAC-SHA256 Credential=AKIACLOUDS0123456789\/\d{8}\/us-east-1\/bedrock\//);
  for (const secret of [ACCESS_KEY.secret_access_key, PEM_LINE, "short-lived-token-1"]) {
    assert.deepEqual(filesWith(system.dataDirectory, secret), [], "no part of a credential lies anywhere in the open");
    assert.ok(!system.log().includes(secret));
  }
  const refused = await system.command(["secrets", "set", "bedrock"], '{"access_key_id": "AKIACLOUDS0123456789"}');
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /secret_access_key is missing/);
}

for (const shape of shapes()) {
  test(`signed requests, fetched tokens and frames: answered, billed, failed over and cut (${shape})`, async () => {
    const standIn = await startStandIn();
    try {
      const system = await startSystem({
        shape,
        providers: () => providers(standIn.url),
        settings: { "router.aliases": JSON.stringify({ "busy-then-well": BUSY_THEN_WELL }) },
      });
      try {
        await prove(system, standIn);
      } finally {
        await system.stop();
      }
    } finally {
      await standIn.close();
    }
  });
}
