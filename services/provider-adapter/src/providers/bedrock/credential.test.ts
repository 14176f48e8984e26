import assert from "node:assert/strict";
import { test } from "node:test";
import { signerTools } from "../../credentials/signers.ts";
import { awsFrame } from "../../testing/aws-frame.ts";
import { startUpstream } from "../../testing/upstream.ts";
import { attemptOf, chatOf, readAll, startWorld } from "../../testing/world.ts";
import { openCredential } from "./credential.ts";

const KEY = {
  access_key_id: "AKIAEXAMPLE012345678",
  secret_access_key: "the/secret+of+the+key",
  session_token: "the-session-token",
};
const request = {
  origin: "https://bedrock-runtime.eu-west-1.amazonaws.com",
  path: "/model/m/converse",
  headers: {},
  body: "{}",
};

test("an access key signs for the region of the address, else the one configured, else its own", async () => {
  const scopeOf = async (origin: string, region: string | undefined, fields: object = {}) => {
    const signer = openCredential(region, JSON.stringify({ ...KEY, ...fields }), signerTools);
    return (await signer.sign({ ...request, origin }))["authorization"]?.split("/")[2];
  };
  const elsewhere = "https://proxy.example";
  assert.equal(await scopeOf(request.origin, "us-east-1"), "eu-west-1");
  assert.equal(await scopeOf(elsewhere, "us-east-1"), "us-east-1");
  assert.equal(await scopeOf(elsewhere, undefined, { region: "us-west-2" }), "us-west-2");
  await assert.rejects(scopeOf(elsewhere, undefined), /providers\.bedrock\.region/);
});

test("a key that cannot be used is refused, naming the field and no value", () => {
  const open = (text: string) => () => openCredential(undefined, text, signerTools);
  assert.throws(open(JSON.stringify({ access_key_id: "AKIA" })), /secret_access_key is missing/);
  assert.throws(open(JSON.stringify({ ...KEY, secret: "x" })), /cannot be used/);
  assert.throws(open("{"), (error: Error) => /not valid JSON/.test(error.message));
});

test("a signed call is answered frame by frame, and no part of the key is ever shown", async () => {
  const upstream = await startUpstream();
  const world = await startWorld({ providers: { bedrock: { base_url: upstream.url, region: "us-east-1" } } });
  try {
    const stored = await world.client.putCredential({ provider: "bedrock", secret: JSON.stringify(KEY, null, 2) });
    assert.equal(stored.hint, "5678");
    const model = "amazon.nova-micro-v1:0";
    const ask = () => readAll(world.client.generate(attemptOf("bedrock", chatOf("hi", { stream: true }), { model })));
    upstream.script = (response) => {
      response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream", "x-amzn-requestid": "aws-1" });
      const event = (type: string, payload: object) =>
        response.write(awsFrame({ ":message-type": "event", ":event-type": type }, JSON.stringify(payload)));
      event("messageStart", { role: "assistant" });
      event("contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Hello" } });
      response.end(
        awsFrame(
          { ":message-type": "exception", ":exception-type": "throttlingException" },
          '{"message":"the/secret+of+the+key is too fast"}',
        ),
      );
    };
    const got = await ask();
    assert.deepEqual([got.text, got.tail?.error?.code], ["Hello", "upstream_rate_limited"]);
    assert.match(got.tail?.error?.message ?? "", /is too fast$/);
    const [seen] = upstream.seen;
    assert.equal(seen?.path, "/model/amazon.nova-micro-v1%3A0/converse-stream");
    assert.match(
      seen.headers.authorization ?? "",
      /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE012345678\/\d{8}\/us-east-1\/bedrock\/aws4_request/,
    );
    assert.equal(seen.headers["x-amz-security-token"], KEY.session_token);
    assert.equal(world.bus.metered()[0]?.upstreamRequestId, "aws-1");
    const shown = JSON.stringify(got.messages, (_key, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    );
    assert.doesNotMatch(shown + world.logged(), /the\/secret|the-session-token/);
  } finally {
    await world.close();
    await upstream.close();
  }
});
