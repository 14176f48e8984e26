import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { NatsParser } from "./nats-parser.ts";
import { dialNats } from "./nats-wire.ts";
import type { WireMessage } from "./wire.ts";

const show = (message: WireMessage) => {
  const { subject, reply, status, description } = message;
  return { subject, reply, status, description, text: message.text(), named: message.header("nats-msg-id") };
};

const headed = (target: string, head: string, text: string): string => {
  const headBytes = Buffer.byteLength(head);
  return `HMSG ${target} ${headBytes} ${headBytes + Buffer.byteLength(text)}\r\n${head}${text}\r\n`;
};

test("operations are taken apart wherever the bytes are cut", () => {
  const said = [
    'INFO {"server_name":"größe"}\r\n+OK\r\nPING\r\n',
    "MSG a.b 7 5\r\nhello\r\n",
    "MSG a.b 7 reply.to 6\r\nhel\r\no\r\n",
    headed("a.b 7 reply.to", "NATS/1.0\r\nNats-Msg-Id: type:id-1\r\n\r\n", "{ö"),
    headed("a.b 7", "NATS/1.0 408 Request Timeout\r\n\r\n", ""),
    "PONG\r\n-ERR 'Authorization Violation'\r\n",
  ].join("");
  const bytes = Buffer.from(said);
  const all: unknown[][] = [];
  for (let size = 1; size <= bytes.length; size++) {
    const heard: unknown[] = [];
    const parser = new NatsParser({
      info: (json) => heard.push(JSON.parse(json)),
      message: (subscription, message) => heard.push(subscription, show(message)),
      ping: () => heard.push("ping"),
      pong: () => heard.push("pong"),
      error: (text) => heard.push(text),
    });
    for (let at = 0; at < bytes.length; at += size) parser.take(bytes.subarray(at, at + size));
    all.push(heard);
  }
  for (const heard of all) assert.deepEqual(heard, all[0]);
  assert.equal(all[0]?.[0] instanceof Object && "server_name" in all[0][0] && all[0][0].server_name, "größe");
  const texts = (all[0] ?? []).flatMap((each) => (each instanceof Object && "text" in each ? [each] : []));
  assert.deepEqual(texts, [
    { subject: "a.b", reply: undefined, status: 0, description: "", text: "hello", named: undefined },
    { subject: "a.b", reply: "reply.to", status: 0, description: "", text: "hel\r\no", named: undefined },
    { subject: "a.b", reply: "reply.to", status: 0, description: "", text: "{ö", named: "type:id-1" },
    { subject: "a.b", reply: undefined, status: 408, description: "Request Timeout", text: "", named: undefined },
  ]);
  assert.deepEqual(all[0]?.slice(-2), ["pong", "Authorization Violation"]);
});

test("another protocol is refused", () => {
  const ignore = (): void => undefined;
  const parser = new NatsParser({ info: ignore, message: ignore, ping: ignore, pong: ignore, error: ignore });
  assert.throws(() => parser.take(Buffer.from("HTTP/1.1 400 Bad Request\r\n")), /does not say "HTTP/);
});

async function server(t: TestContext, answer: (socket: Socket, said: string) => void): Promise<string> {
  const listening = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write('INFO {"headers":true}\r\n');
    socket.on("data", (bytes: Buffer) => answer(socket, bytes.toString()));
    t.after(() => socket.destroy());
  }).listen(0, "127.0.0.1");
  await once(listening, "listening");
  t.after(() => void listening.close());
  return `127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

test("a refusal names the server and its reason", async (t) => {
  const address = await server(t, (socket) => socket.end("-ERR 'Authorization Violation'\r\n"));
  const dialled = dialNats({ server: address, user: "a", password: "b" });
  await assert.rejects(dialled, new RegExp(`NATS at ${address} cannot be used: Authorization Violation`));
});

test("requests are answered, and fail when the connection breaks", async (t) => {
  const said: string[] = [];
  const address = await server(t, (socket, text) => {
    said.push(text);
    if (text.includes("PING\r\n")) socket.write("PONG\r\n");
    const reply = /PUB ask (\S+) 4\r\n/.exec(text)?.[1];
    if (reply !== undefined) socket.write(`MSG ${reply} 1 6\r\nanswer\r\n`);
    if (text.includes("PUB die")) socket.destroy();
  });
  const wire = await dialNats({ server: address, name: "tester" });
  assert.match(said[0] ?? "", /CONNECT \{.*"name":"tester".*\}\r\nPING\r\n/);
  assert.equal((await wire.request("ask", "grö")).text(), "answer");
  await assert.rejects(wire.request("die", "x"), /the connection broke/);
  assert.match(String(await wire.gone), /closed the connection/);
  wire.publish("late", "nobody hears this");
  await assert.rejects(wire.request("ask", "x"), /closed/);
  await wire.close();
});
