import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { signerTools } from "../../credentials/signers.ts";
import type { Place, Provider } from "../../provider.ts";
import { openSse, plainAnswer, startUpstream, wire } from "../../testing/upstream.ts";
import { attemptOf, chatOf, readAll, startWorld } from "../../testing/world.ts";
import { openCredential } from "./credential.ts";
import { azure } from "./index.ts";

const at = (place: Place, baseUrl?: string): Provider => azure({ baseUrl, abandon: undefined, place });

function addressOf(provider: Provider, model = "gpt-4o"): string {
  const entry = provider.models.find(({ id }) => id === model);
  assert.ok(entry);
  return `${provider.baseUrl}${provider.mapChat(chatOf("hi"), "my deployment", entry).path}`;
}

test("a resource is reached without a version, or by deployment and dated version", () => {
  assert.equal(at({}).baseUrl, undefined);
  assert.equal(addressOf(at({ resource: "acme" })), "https://acme.openai.azure.com/openai/v1/chat/completions");
  assert.equal(
    addressOf(at({ resource: "acme", api_version: "2024-10-21" })),
    "https://acme.openai.azure.com/openai/deployments/my%20deployment/chat/completions?api-version=2024-10-21",
  );
  assert.equal(
    addressOf(at({ api_version: "2024-05-01-preview" }, "https://acme.services.ai.azure.com/models")),
    "https://acme.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview",
  );
  const dated = at({ resource: "acme", api_version: "2025-04-01-preview" });
  assert.equal(
    addressOf(dated, "gpt-5-codex"),
    "https://acme.openai.azure.com/openai/responses?api-version=2025-04-01-preview",
  );
  assert.equal(addressOf(at({ resource: "acme" }), "gpt-5-codex"), "https://acme.openai.azure.com/openai/v1/responses");
  assert.equal(addressOf(at({}, "https://acme.example/openai/v1")), "https://acme.example/openai/v1/chat/completions");
});

test("a model is called by its deployment's name and stays the model it is", async () => {
  const upstream = await startUpstream();
  const models = [{ id: "gpt-5", deployment: "our-gpt5", price_id: "azure/gpt-5" }];
  const world = await startWorld({ providers: { azure: { base_url: upstream.url, models } } });
  try {
    await world.client.putCredential({ provider: "azure", secret: "azure-key-0123456789abcdef" });
    upstream.script = (response) => {
      openSse(response);
      response.end(wire.role() + wire.text("Hello") + wire.finish() + wire.usage() + wire.done());
    };
    const chat = chatOf("hi", { stream: true, sampling: { temperature: 0.5, logitBias: {} } });
    const got = await readAll(world.client.generate(attemptOf("azure", chat, { model: "gpt-5" })));
    assert.equal(got.text, "Hello");
    const [seen] = upstream.seen;
    assert.deepEqual([seen?.path, seen?.body["model"]], ["/openai/v1/chat/completions", "our-gpt5"]);
    assert.deepEqual(
      [seen?.headers["api-key"], seen?.headers.authorization],
      ["azure-key-0123456789abcdef", undefined],
    );
    assert.equal(seen?.body["temperature"], undefined, "this generation takes no sampling knobs");
  } finally {
    await world.close();
    await upstream.close();
  }
});

interface Entra {
  readonly url: string;
  readonly asked: URLSearchParams[];
  answer: { status: number; body: object };
  close(): Promise<void>;
}

/** A sign-in service that answers as the test says. */
async function startEntra(): Promise<Entra> {
  const asked: URLSearchParams[] = [];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    asked.push(new URLSearchParams(`${Buffer.concat(pieces).toString()}&path=${request.url}`));
    response.writeHead(entra.answer.status, { "content-type": "application/json" });
    response.end(JSON.stringify(entra.answer.body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const entra: Entra = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer: { status: 200, body: { access_token: "entra-token-1", expires_in: 3_600 } },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return entra;
}

const APPLICATION = { tenant_id: "t-1", client_id: "client-0123456789", client_secret: "the-client-secret" };

test("an application's secret is exchanged once for a token that serves every call, and neither is ever shown", async () => {
  const [upstream, entra] = await Promise.all([startUpstream(), startEntra()]);
  const world = await startWorld({ providers: { azure: { base_url: upstream.url } } });
  try {
    const secret = JSON.stringify({ ...APPLICATION, authority: entra.url }, null, 2);
    const stored = await world.client.putCredential({ provider: "azure", secret });
    assert.equal(stored.hint, "6789");
    upstream.script = (response) =>
      void response.writeHead(200, { "content-type": "application/json" }).end(plainAnswer());
    const ask = () => readAll(world.client.generate(attemptOf("azure", chatOf("hi"), { model: "gpt-4o" })));
    for (const got of await Promise.all([ask(), ask()])) assert.equal(got.text, "Hello there");
    assert.equal(entra.asked.length, 1);
    assert.deepEqual(
      ["path", "grant_type", "client_id", "client_secret"].map((name) => entra.asked[0]?.get(name)),
      ["/t-1/oauth2/v2.0/token", "client_credentials", APPLICATION.client_id, APPLICATION.client_secret],
    );
    assert.equal(upstream.seen[0]?.headers.authorization, "Bearer entra-token-1");

    upstream.script = (response) =>
      void response
        .writeHead(401)
        .end('{"error":{"code":"401","message":"entra-token-1 of the-client-secret is over"}}');
    const refused = await ask();
    assert.equal(refused.thrown?.code, "upstream_unauthenticated");
    assert.doesNotMatch(`${refused.thrown?.message} ${world.logged()}`, /entra-token-1|the-client-secret/);
    entra.answer = { status: 200, body: { access_token: "entra-token-2", expires_in: 3_600 } };
    upstream.script = (response) =>
      void response.writeHead(200, { "content-type": "application/json" }).end(plainAnswer());
    await ask();
    assert.equal(
      upstream.seen.at(-1)?.headers.authorization,
      "Bearer entra-token-2",
      "a refused token is not used again",
    );
  } finally {
    await world.close();
    await Promise.all([upstream.close(), entra.close()]);
  }
});

test("a token that cannot be had starts no attempt", async () => {
  const entra = await startEntra();
  const world = await startWorld({ providers: { azure: { base_url: "http://127.0.0.1:1" } } });
  try {
    entra.answer = { status: 401, body: { error: "invalid_client", error_description: "AADSTS7000215: wrong secret" } };
    await world.client.putCredential({
      provider: "azure",
      secret: JSON.stringify({ ...APPLICATION, authority: entra.url }),
    });
    const got = await readAll(world.client.generate(attemptOf("azure", chatOf("hi"), { model: "gpt-4o" })));
    assert.equal(got.thrown?.code, "upstream_unauthenticated");
    assert.match(got.thrown?.message ?? "", /AADSTS7000215: wrong secret/);
    assert.equal(got.thrown?.details.facts?.["not_started"], "true");
    assert.equal(world.bus.started().length, 0);
  } finally {
    await world.close();
    await entra.close();
  }
});

test("a credential with a field wrong is refused, naming the field and no value", () => {
  const open = (fields: object) => () => openCredential(JSON.stringify(fields), signerTools);
  assert.throws(open({ tenant_id: "t", client_id: "c" }), /client_secret is missing/);
  assert.throws(open({ ...APPLICATION, authority: "http://evil.example" }), /authority must be an https address/);
  assert.throws(
    open({ ...APPLICATION, tenant_id: "a/../b" }),
    (error: Error) => !error.message.includes("the-client-secret"),
  );
});
