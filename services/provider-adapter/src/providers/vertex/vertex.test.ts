import assert from "node:assert/strict";
import { createVerify, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import type { SignerTools } from "../../provider.ts";
import { openSse, startUpstream, wire } from "../../testing/upstream.ts";
import { attemptOf, chatOf, readAll, startWorld } from "../../testing/world.ts";
import { openCredential } from "./credential.ts";
import { vertex } from "./index.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const PEM = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const ACCOUNT = {
  type: "service_account",
  project_id: "acme",
  private_key_id: "key-id-0123456789",
  private_key: PEM,
  client_email: "gateway@acme.iam.gserviceaccount.com",
  universe_domain: "googleapis.com",
};

const written = (folder: string): string =>
  readFileSync(join(import.meta.dirname, "..", folder, "fixtures", "text.sse"), "utf8");

interface Asked {
  readonly url: string;
  readonly form: Readonly<Record<string, string>>;
}

function tools(asked: Asked[], answer: () => object): SignerTools {
  return {
    now: () => 1_789_000_000_000,
    postForm: async (url, form) => {
      asked.push({ url, form });
      return { status: 200, body: answer() };
    },
  };
}

test("a service account proves itself with a statement signed by its own key", async () => {
  const asked: Asked[] = [];
  const signer = openCredential(
    "acme",
    JSON.stringify(ACCOUNT),
    tools(asked, () => ({ access_token: "ya29.t", expires_in: 3_599 })),
  );
  const headers = await signer.sign({ origin: "https://x", path: "/", headers: {}, body: "" });
  assert.deepEqual(headers, { authorization: "Bearer ya29.t" });
  assert.deepEqual([signer.hint, signer.secrets], ["6789", [PEM, "ya29.t"]]);
  const [only] = asked;
  assert.equal(only?.url, "https://oauth2.googleapis.com/token");
  const [header = "", claims = "", signature = ""] = (only.form["assertion"] ?? "").split(".");
  assert.ok(createVerify("RSA-SHA256").update(`${header}.${claims}`).verify(publicKey, signature, "base64url"));
  assert.deepEqual(JSON.parse(Buffer.from(claims, "base64url").toString()), {
    iss: ACCOUNT.client_email,
    scope: "https://www.googleapis.com/auth/cloud-platform",
    aud: "https://oauth2.googleapis.com/token",
    iat: 1_789_000_000,
    exp: 1_789_003_600,
  });
});

test("a person's sign-in is refreshed", async () => {
  const asked: Asked[] = [];
  const file = { type: "authorized_user", client_id: "c", client_secret: "s", refresh_token: "r", account: "" };
  const signer = openCredential(
    "acme",
    JSON.stringify(file),
    tools(asked, () => ({ access_token: "t", expires_in: 60 })),
  );
  await signer.sign({ origin: "https://x", path: "/", headers: {}, body: "" });
  assert.deepEqual(asked[0]?.form, {
    grant_type: "refresh_token",
    client_id: "c",
    client_secret: "s",
    refresh_token: "r",
  });
});

test("a file that cannot be used is refused, naming the field and no value", () => {
  const messageOf = (file: object): string => {
    try {
      void openCredential(
        "acme",
        JSON.stringify(file),
        tools([], () => ({})),
      ).sign({ origin: "", path: "", headers: {}, body: "" });
    } catch (error) {
      return SluiceError.from(error).message;
    }
    return "";
  };
  assert.match(
    messageOf({ ...ACCOUNT, type: "external_account" }),
    /type is neither service_account nor authorized_user/,
  );
  assert.match(messageOf({ ...ACCOUNT, client_email: undefined }), /client_email is missing/);
  assert.match(messageOf({ ...ACCOUNT, token_uri: "http://evil.example/" }), /token_uri must be an https address/);
  const bad = messageOf({ ...ACCOUNT, private_key: "-----BEGIN secret" });
  assert.match(bad, /private_key is no PEM key/);
  assert.doesNotMatch(bad, /BEGIN secret/);
  assert.throws(
    () =>
      openCredential(
        undefined,
        JSON.stringify(ACCOUNT),
        tools([], () => ({})),
      ).sign({ origin: "", path: "", headers: {}, body: "" }),
    /vertex\.project/,
  );
});

test("the location says where, the project on whose account; a key needs neither", () => {
  const at = (place: object) => vertex({ baseUrl: undefined, abandon: undefined, place });
  const pathOf = (place: object, model: string) => {
    const provider = at(place);
    const entry = provider.models.find(({ id }) => id === model);
    assert.ok(entry, model);
    return provider.mapChat(chatOf("hi", { stream: true }), entry.deployment ?? model, entry).path;
  };
  const place = { project: "acme", location: "europe-west4" };
  assert.equal(at({}).baseUrl, "https://aiplatform.googleapis.com/v1");
  assert.equal(at(place).baseUrl, "https://europe-west4-aiplatform.googleapis.com/v1");
  assert.equal(
    pathOf({}, "gemini-2.5-flash"),
    "/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
  );
  assert.equal(
    pathOf(place, "gemini-2.5-flash"),
    "/projects/acme/locations/europe-west4/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
  );
  assert.equal(
    pathOf({ project: "acme" }, "claude-haiku-4-5"),
    "/projects/acme/locations/global/publishers/anthropic/models/claude-haiku-4-5%4020251001:streamRawPredict",
  );
  assert.equal(
    pathOf({ project: "acme" }, "openai/gpt-oss-20b-maas"),
    "/projects/acme/locations/global/endpoints/openapi/chat/completions",
  );
});

test("the three wires are spoken through one account, whose token is fetched once", async () => {
  const upstream = await startUpstream();
  let fetched = 0;
  const tokens = createServer((_request, response) => {
    fetched += 1;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ access_token: "ya29.one-token", expires_in: 3_599 }));
  });
  await new Promise<void>((resolve) => tokens.listen(0, "127.0.0.1", resolve));
  const { port } = tokens.address() as { port: number };
  const base_url = `${upstream.url}/v1`;
  const world = await startWorld({ providers: { vertex: { base_url, project: "acme" } } });
  try {
    const secret = JSON.stringify({ ...ACCOUNT, token_uri: `http://127.0.0.1:${port}/token` }, null, 2);
    await world.client.putCredential({ provider: "vertex", secret });
    const cases = [
      ["gemini-2.5-flash", written("gemini"), "Grüße from a fixture."],
      ["claude-sonnet-4-5", written("anthropic"), "Grüße from a fixture."],
      [
        "openai/gpt-oss-20b-maas",
        wire.role() + wire.text("Hello") + wire.finish() + wire.usage() + wire.done(),
        "Hello",
      ],
    ] as const;
    for (const [model, events, text] of cases) {
      upstream.script = (response) => {
        openSse(response);
        response.end(events);
      };
      const got = await readAll(world.client.generate(attemptOf("vertex", chatOf("hi", { stream: true }), { model })));
      assert.deepEqual([got.text, got.tail?.error, got.thrown], [text, undefined, undefined], model);
    }
    assert.equal(fetched, 1);
    assert.ok(upstream.seen.every(({ headers }) => headers.authorization === "Bearer ya29.one-token"));
    const claude = upstream.seen[1];
    assert.deepEqual(
      [claude?.body["anthropic_version"], claude?.body["model"], claude?.body["stream"]],
      ["vertex-2023-10-16", undefined, true],
    );
    upstream.script = (response) =>
      void response
        .writeHead(429)
        .end('{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED"}}');
    const limited = await readAll(
      world.client.generate(attemptOf("vertex", chatOf("hi"), { model: "claude-sonnet-4-5" })),
    );
    assert.equal(limited.thrown?.code, "upstream_rate_limited");
  } finally {
    await world.close();
    await upstream.close();
    tokens.closeAllConnections();
    await new Promise((resolve) => tokens.close(resolve));
  }
});

test("what is asked beside chats is not sent to an address that is none", () => {
  assert.equal(vertex({ baseUrl: undefined, abandon: undefined, place: { project: "acme" } }).mapTask, undefined);
});
