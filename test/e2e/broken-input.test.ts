// shapes: embedded distributed
import assert from "node:assert/strict";
import { eventually, freePort } from "../harness/index.ts";
import type { System } from "../harness/system.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly param: string | null;
  readonly message: string;
  readonly headers: Headers;
}

interface Sent {
  readonly key?: string | null;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const CLOSED_PORT = await freePort();
const ask = { model: "sim/small", messages: [{ role: "user", content: "Hello" }] };

async function send(system: System, body: unknown, sent: Sent = {}): Promise<Response> {
  const key = sent.key === undefined ? system.apiKey : sent.key;
  return await fetch(`${system.url}${sent.path ?? "/v1/chat/completions"}`, {
    method: sent.method ?? "POST",
    headers: {
      "content-type": "application/json",
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...sent.headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
}

async function refusal(system: System, body: unknown, sent: Sent = {}): Promise<Refusal> {
  const response = await send(system, body, sent);
  const { error } = (await response.json()) as { error: { code: string; message: string; param: string | null } };
  assert.match(response.headers.get("x-sluice-request-id") ?? "req_", /^req_/);
  return { ...error, status: response.status, headers: response.headers };
}

interface Expected {
  readonly status: number;
  readonly code: string;
  readonly param?: string;
  readonly message: RegExp;
}

function refuses(sentence: string, body: unknown, expected: Expected, sent: Sent = {}): Case {
  return [
    sentence,
    async (system) => {
      const { status, code, param, message } = await refusal(system, body, sent);
      assert.match(message, expected.message);
      assert.deepEqual([status, code], [expected.status, expected.code], message);
      if (expected.param !== undefined) assert.equal(param, expected.param);
    },
  ];
}

const invalid = (message: RegExp, param?: string): Expected => ({
  status: 400,
  code: "invalid_request",
  message,
  ...(param === undefined ? {} : { param }),
});

const bodies: readonly Case[] = [
  refuses(
    "invalid JSON",
    '{"model": "sim/small", "messages": [}',
    invalid(/not valid JSON.*position 36 \(line 1, column 37\)/),
  ),
  refuses(
    "wrong types",
    { model: "sim/small", messages: "Hello", temperature: "hot", n: 1.5 },
    invalid(/messages.*temperature.*n/s, "messages"),
  ),
  refuses("a body that is no object", "[]", invalid(/must be an object/)),
  refuses("an empty body", "", invalid(/empty/)),
  refuses(
    "20 MB",
    { ...ask, padding: "x".repeat(20 * 1024 * 1024) },
    {
      status: 413,
      code: "payload_too_large",
      message: /10485760 bytes.*ingress\.body_bytes_max/,
    },
  ),
  refuses("deep nesting", `${"[".repeat(5_000)}${"]".repeat(5_000)}`, invalid(/128.*ingress\.json_depth_max/)),
  refuses(
    "a content type that is not JSON",
    JSON.stringify(ask),
    {
      status: 415,
      code: "unsupported_media_type",
      message: /application\/json/,
    },
    { headers: { "content-type": "text/plain" } },
  ),
  refuses(
    "an unknown model",
    { ...ask, model: "sim/tiny" },
    {
      status: 404,
      code: "not_found",
      param: "model",
      message: /sim\/tiny.*\/v1\/models/s,
    },
  ),
];

const places: readonly Case[] = [
  refuses(
    "an unknown route",
    ask,
    { status: 404, code: "not_found", message: /no route POST "\/v1\/chat".*POST \/v1\/chat\/completions/ },
    { path: "/v1/chat" },
  ),
  refuses(
    "a wrong method",
    undefined,
    { status: 405, code: "method_not_allowed", message: /use POST/ },
    { method: "GET" },
  ),
  refuses(
    "headers that are too large",
    ask,
    { status: 431, code: "invalid_request", message: /ingress\.header_bytes_max/ },
    { headers: { "x-filler": "x".repeat(20_000) } },
  ),
  refuses(
    "a provider that cannot be reached",
    { ...ask, model: "dead/model" },
    {
      status: 502,
      code: "upstream_unavailable",
      message: new RegExp(`dead cannot be reached at http://127\\.0\\.0\\.1:${CLOSED_PORT} \\(ECONNREFUSED\\)`),
    },
  ),
  refuses(
    "a provider without a credential",
    { ...ask, model: "bare/model" },
    {
      status: 503,
      code: "credential_missing",
      message: /sluice secrets set bare/,
    },
  ),
];

const unauthenticated = (message: RegExp): Expected => ({ status: 401, code: "unauthenticated", message });

const keys: readonly Case[] = [
  refuses("no key", ask, unauthenticated(/No API key was sent.*Authorization: Bearer/), { key: null }),
  refuses("a wrong key", ask, unauthenticated(/key/), { key: "sk-sluice-nobody-has-this-key" }),
  [
    "a revoked key, within a second of the revocation",
    async (system) => {
      const key = await system.createKey();
      assert.equal((await send(system, ask, { key: key.secret })).status, 200);
      const revoked = await system.command(["keys", "revoke", key.id]);
      assert.equal(revoked.code, 0, revoked.stderr);
      const since = performance.now();
      const refused = await eventually(async () => {
        const answer = await refusal(system, ask, { key: key.secret });
        assert.equal(answer.status, 401);
        return answer;
      });
      const tookMs = performance.now() - since;
      assert.equal(refused.code, "unauthenticated");
      assert.match(refused.message, /revoked/);
      assert.ok(tookMs < 1_000, `${tookMs} ms after the command had ended`);
    },
  ],
  [
    "an expired key",
    async (system) => {
      const key = await system.createKey(["--expires", "1s"]);
      const refused = await eventually(async () => {
        const answer = await refusal(system, ask, { key: key.secret });
        assert.equal(answer.status, 401);
        return answer;
      });
      assert.match(refused.message, /expired/);
    },
  ],
  [
    "a key that may not use the model",
    async (system) => {
      const key = await system.createKey(["--models", "sim/large"]);
      const refused = await refusal(system, ask, { key: key.secret });
      assert.deepEqual([refused.status, refused.code, refused.param], [403, "forbidden", "model"]);
    },
  ],
];

const unharmed: Case = [
  "after all this, nothing is held and a good request is served",
  async (system) => {
    assert.equal((await send(system, ask)).status, 200);
    await eventually(async () => {
      const { budgets } = await system.json<{ budgets: { open_holds: number }[] }>(["budgets"]);
      assert.ok(budgets.every(({ open_holds }) => open_holds === 0));
    });
    assert.doesNotMatch(system.log(), /"level":"(error|fatal)"/);
  },
];

proveInEachShape("refused, and told why", [...bodies, ...places, ...keys, unharmed], {
  providers: () => ({
    dead: {
      base_url: `http://127.0.0.1:${CLOSED_PORT}/v1`,
      needs_key: false,
      models: [{ id: "model", price_id: "sim/small" }],
    },
    bare: { base_url: `http://127.0.0.1:${CLOSED_PORT}/v1`, models: [{ id: "model", price_id: "sim/small" }] },
  }),
});
