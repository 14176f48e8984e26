import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { type DoorOptions, openDoor, type TestDoor } from "./ingress-door.ts";

const doors: TestDoor[] = [];
after(() => Promise.all(doors.map((door) => door.stop())));

async function open(options: DoorOptions = {}): Promise<TestDoor> {
  const door = await openDoor(options);
  doors.push(door);
  return door;
}

interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}

async function errorOf(response: Response, status: number): Promise<ErrorBody["error"]> {
  const body = (await response.json()) as ErrorBody;
  assert.equal(response.status, status, body.error?.message);
  assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
  assert.deepEqual(Object.keys(body.error).sort(), ["code", "message", "param", "type"]);
  return body.error;
}

const ask = { model: "sim/small", messages: [{ role: "user", content: "Hi" }] };

test("broken JSON is refused with its position, without quoting the log", async () => {
  const door = await open();
  const error = await errorOf(await door.chat('{\n  "model": "sim/small",\n  "messages": [secret]\n}'), 400);
  assert.match(error.message, /unexpected "s" at position 41 \(line 3, column 16\)/);
  assert.match((await errorOf(await door.chat('{"a":'), 400)).message, /ends too early/);
  assert.match((await errorOf(await door.chat(""), 400)).message, /empty/);
  assert.match((await errorOf(await door.chat(Uint8Array.of(0x22, 0xff, 0x22)), 400)).message, /UTF-8/);
  assert.match((await errorOf(await door.chat('"text"'), 400)).message, /body must be an object; got a string/);
  assert.doesNotMatch(door.log(), /secret/);
});

test("every wrong field is named with its path, all at once", async () => {
  const door = await open();
  const body = {
    model: 5,
    messages: [
      { role: "usr", content: [{ type: "text" }] },
      { role: "user", content: 3 },
      { role: "tool", content: "x" },
    ],
    temperature: "hot",
    n: 99,
  };
  const error = await errorOf(await door.chat(body), 400);
  assert.equal(error.param, "model");
  for (const part of [
    "model must be a string; got the number 5",
    'messages[0].role must be one of "system", "developer", "user", "assistant", "tool", "function"; got "usr"',
    "messages[1].content must be a string or a list; got the number 3",
    "temperature must be a number; got a string",
    "n must be at most 16; got 99",
  ]) {
    assert.ok(error.message.includes(part), `${part} in ${error.message}`);
  }
  const deep = {
    ...ask,
    messages: [
      { role: "user", content: [{ type: "text", text: 7 }] },
      { role: "tool", content: "x" },
    ],
  };
  assert.match(
    (await errorOf(await door.chat(deep), 400)).message,
    /messages\[0\]\.content\[0\]\.text must be a string/,
  );
  const tool = {
    ...ask,
    messages: [
      { role: "user", content: [{ type: "image_url" }] },
      { role: "tool", content: "x" },
    ],
  };
  const message = (await errorOf(await door.chat(tool), 400)).message;
  assert.match(message, /messages\[0\]\.content\[0\]\.image_url is required/);
  assert.match(message, /messages\[1\]\.tool_call_id is required/);
});

test("a body over the limit is refused with the limit, and the connection goes on", async () => {
  const door = await open({ config: { body_bytes_max: 1_000_000 } });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const post = (body: Buffer, headers: Record<string, string> = {}): Promise<[number, string, string]> =>
    new Promise((resolve, reject) => {
      const sent = httpRequest(`${door.url}/v1/chat/completions`, {
        method: "POST",
        agent,
        headers: { authorization: `Bearer ${door.key}`, "content-type": "application/json", ...headers },
      });
      sent.on("error", reject).on("response", async (response: IncomingMessage) => {
        let text = "";
        for await (const piece of response.setEncoding("utf8")) text += piece;
        resolve([response.statusCode ?? 0, text, String(sent.socket?.localPort)]);
      });
      sent.end(body);
    });
  const large = Buffer.alloc(20_000_000, 0x20);
  const declared = await post(large, { "content-length": String(large.length) });
  assert.equal(declared[0], 413);
  assert.match(declared[1], /20000000 bytes; the limit is 1000000 bytes \(ingress\.body_bytes_max\)/);
  const chunked = await post(large, { "transfer-encoding": "chunked" });
  assert.equal(chunked[0], 413);
  const good = await post(Buffer.from(JSON.stringify(ask)));
  assert.equal(good[0], 200);
  assert.equal(good[2], declared[2], "the same connection");
  agent.destroy();
});

test("a client that asks before sending a large body is refused without it", async () => {
  const door = await open();
  const socket = connect(Number(new URL(door.url).port), "127.0.0.1");
  const closed = once(socket, "close");
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${door.key}\r\n` +
      "content-type: application/json\r\ncontent-length: 50000000\r\nexpect: 100-continue\r\n\r\n",
  );
  let text = "";
  for await (const piece of socket.setEncoding("utf8")) text += piece;
  await closed;
  assert.match(text, /^HTTP\/1\.1 413 /);
});

test("nesting is bounded", async () => {
  const door = await open();
  const nested = `{"model":"m","messages":[{"role":"user","content":"hi"}],"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  assert.match((await errorOf(await door.chat(nested), 400)).message, /nests deeper than 128 levels/);
});

test("names of an object's prototype are ordinary fields", async () => {
  let extra = "";
  let metadata: Record<string, string> = {};
  const door = await open({
    route: ({ chat }) => {
      extra = chat?.extraJson ?? "";
      metadata = chat?.metadata ?? {};
      throw new Error("enough");
    },
  });
  const body =
    '{"model":"m","messages":[{"role":"user","content":"hi"}],"__proto__":{"temperature":"x"},"constructor":1,' +
    '"metadata":{"__proto__":"a","b":"c"}}';
  await errorOf(await door.chat(body), 500);
  assert.equal(({} as Record<string, unknown>)["temperature"], undefined);
  assert.equal(JSON.parse(extra).constructor, 1);
  assert.equal(metadata["b"], "c");
});

test("an inner failure is told without its cause, and logged with it", async () => {
  const door = await open({
    route: () => {
      throw new Error("database password is hunter2");
    },
  });
  const response = await door.chat(ask);
  const error = await errorOf(response, 500);
  assert.doesNotMatch(error.message, /hunter2/);
  assert.ok(error.message.includes(response.headers.get("x-sluice-request-id") ?? "?"));
});

test("wrong content types, routes and methods are told in the same shape", async () => {
  const door = await open();
  const media = await errorOf(await door.chat(ask, { headers: { "content-type": "text/plain" } }), 415);
  assert.match(media.message, /must be application\/json in UTF-8; got "text\/plain"/);
  await errorOf(await door.chat(ask, { headers: { "content-type": "" } }), 415);
  await errorOf(await door.chat(ask, { headers: { "content-encoding": "gzip" } }), 415);
  assert.equal((await door.chat(ask, { headers: { "content-type": "application/json; charset=UTF-8" } })).status, 200);
  const noForm = await door.fetch("/v1/audio/transcriptions", { method: "POST", body: "{}" });
  assert.match((await errorOf(noForm, 415)).message, /must be multipart\/form-data; got "text\/plain/);
  const unknown = await errorOf(await door.fetch("/v1/chat/completion", { method: "POST" }), 404);
  assert.match(unknown.message, /POST \/v1\/chat\/completions, .*POST \/v1\/estimate, .*GET \/v1\/models/);
  const wrong = await door.fetch("/v1/chat/completions");
  assert.equal(wrong.headers.get("allow"), "POST");
  await errorOf(wrong, 405);
  await errorOf(await door.fetch("/", { method: "POST", body: "x" }), 404);
  await errorOf(await door.fetch("/%ff"), 400);
  assert.equal((await door.fetch("/v1/models/a%2Fb")).status, 404);
});

test("where only one dialect's clients ask, also routes and methods that are not there are told in its shape", async () => {
  const door = await open();
  const typeOf = async (path: string, init: RequestInit, status: number): Promise<unknown> => {
    const response = await door.fetch(path, init);
    assert.equal(response.status, status, path);
    const { type, error } = (await response.json()) as { type?: string; error: { type?: string; status?: string } };
    return type === "error" ? error.type : (error.status ?? `openai ${error.type}`);
  };
  const post = { method: "POST" };
  const anthropic = { headers: { "anthropic-version": "2023-06-01" } };
  const google = { headers: { "x-goog-api-key": "x" } };
  assert.equal(await typeOf("/v1/messages", {}, 405), "invalid_request_error");
  assert.equal(await typeOf("/v1/messages/batches?x=1", post, 404), "not_found_error");
  assert.equal(await typeOf("/v1/messages/%ff", post, 400), "invalid_request_error");
  assert.equal(await typeOf("/v1/models/none", anthropic, 404), "not_found_error");
  assert.equal(await typeOf("/v1beta/models", post, 405), "INVALID_ARGUMENT");
  assert.equal(await typeOf("/v1beta/files", post, 404), "NOT_FOUND");
  assert.equal(await typeOf("/v1/models/none", google, 404), "NOT_FOUND");
  assert.equal(await typeOf("/v1/models/none", {}, 404), "openai invalid_request_error");
  assert.equal(await typeOf("/v1/messagesx", { ...post, ...anthropic }, 404), "openai invalid_request_error");
});

test("no key and wrong keys are told before the body is read", async () => {
  const door = await open();
  const none = await errorOf(await fetch(`${door.url}/v1/chat/completions`, { method: "POST", body: "{" }), 401);
  assert.equal(none.type, "authentication_error");
  assert.match(none.message, /No API key was sent/);
  const wrong = `${door.key.slice(0, -1)}${door.key.endsWith("a") ? "b" : "a"}`;
  const mistyped = await errorOf(await door.chat(ask, { headers: { authorization: `Bearer ${wrong}` } }), 401);
  assert.match(mistyped.message, /mistyped/);
  await errorOf(await door.chat(ask, { headers: { authorization: "Basic abc" } }), 401);
  const byHeader = await fetch(`${door.url}/v1/models`, { headers: { "x-api-key": door.key } });
  assert.equal(byHeader.status, 200);
  assert.ok(!door.log().includes(door.key) && !door.log().includes(wrong));
});

test("models with slashes are found as they are and percent-encoded", async () => {
  const door = await open({ models: ["sim/small", "a/b/c d"] });
  for (const path of ["/v1/models/sim/small", "/v1/models/sim%2Fsmall", "/v1/models/a%2Fb%2Fc%20d"]) {
    assert.equal((await door.fetch(path)).status, 200, path);
  }
});

test("health, readiness and metrics", async () => {
  const door = await open();
  assert.deepEqual(await (await fetch(`${door.url}/healthz`)).json(), { status: "alive" });
  assert.deepEqual(await (await fetch(`${door.url}/readyz`)).json(), { status: "ready" });
  await (await door.chat(ask)).text();
  await errorOf(await door.fetch("/metrics"), 401);
  const file = join(door.directory, "metrics.token");
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const token = (await readFile(file, "utf8")).trim();
  const metrics = await (await door.fetch("/metrics", { headers: { authorization: `Bearer ${token}` } })).text();
  assert.match(metrics, /sluice_ingress_requests_total\{route="\/v1\/chat\/completions",status="200"\} 1/);
  assert.match(metrics, /sluice_ingress_in_flight 0/);
});

test("a door whose router is away is alive but not ready", async () => {
  const door = await open({
    resolve: () => {
      throw new Error("away");
    },
  });
  const response = await fetch(`${door.url}/readyz`);
  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), { status: "not ready", missing: ["identity"] });
});

test("slow, oversized and malformed headers end the connection with a reason", async () => {
  const door = await open({ config: { headers_timeout_ms: 200, header_bytes_max: 2_048 } });
  const talk = async (text: string): Promise<string> => {
    const socket = connect(Number(new URL(door.url).port), "127.0.0.1");
    socket.write(text);
    let answer = "";
    for await (const piece of socket.setEncoding("utf8")) answer += piece;
    return answer;
  };
  assert.match(await talk("POST /v1/chat/completions HTTP/1.1\r\nhost:"), /^HTTP\/1\.1 408 [\s\S]*in time/);
  assert.match(
    await talk(`GET / HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(5_000)}\r\n\r\n`),
    /^HTTP\/1\.1 431 [\s\S]*"error"/,
  );
  assert.match(await talk("NONSENSE\r\n\r\n"), /^HTTP\/1\.1 400 [\s\S]*not valid HTTP/);
});

test("browsers may call only from the configured origins", async () => {
  const closed = await open();
  const preflight = {
    method: "OPTIONS",
    headers: { origin: "https://app.example", "access-control-request-method": "POST" },
  };
  const refused = await fetch(`${closed.url}/v1/chat/completions`, preflight);
  assert.equal(refused.headers.get("access-control-allow-origin"), null);
  const door = await open({ config: { cors_origins: ["https://app.example"] } });
  const allowed = await fetch(`${door.url}/v1/chat/completions`, preflight);
  assert.equal(allowed.status, 204);
  assert.equal(allowed.headers.get("access-control-allow-origin"), "https://app.example");
  const streamed = await door.chat({ ...ask, stream: true }, { headers: { origin: "https://app.example" } });
  assert.equal(streamed.headers.get("access-control-allow-origin"), "https://app.example");
  assert.match(streamed.headers.get("access-control-expose-headers") ?? "", /x-ratelimit-.*x-sluice-budget-warning/);
  assert.match(await streamed.text(), /\[DONE\]/);
});

test("a taken port is refused by name with the remedy", async () => {
  const door = await open();
  const port = Number(new URL(door.url).port);
  await assert.rejects(openDoor({ config: { listen_port: port } }), (error: Error) => {
    assert.match(error.message, new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is taken.*SLUICE_INGRESS__LISTEN_PORT`));
    return true;
  });
});

test("a client's own request id is echoed as a label", async () => {
  const door = await open();
  const response = await door.chat(ask, { headers: { "x-request-id": "mine-1" } });
  assert.equal(response.headers.get("x-request-id"), "mine-1");
  assert.match(response.headers.get("x-sluice-request-id") ?? "", /^req_/);
  const odd = await door.chat(ask, { headers: { "x-request-id": "with space" } });
  assert.match(odd.headers.get("x-request-id") ?? "", /^req_/);
});
