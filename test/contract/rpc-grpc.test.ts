import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { credentials, Client as RawClient, type ServiceError, type StatusObject } from "@grpc/grpc-js";
import { SluiceError } from "@sluice/platform/errors";
import {
  createClient,
  type GrpcServer,
  HealthDefinition,
  openGrpcChannel,
  startGrpcServer,
} from "@sluice/platform/rpc";
import { ProbeDefinition, probe, type Seen } from "./rpc-service.ts";

const SECRET = "contract-suite-secret-0123456789";
const nothing = (): Seen => ({ produced: 0, aborted: [], returned: 0 });

async function connect(t: TestContext, address: string, secret = SECRET) {
  const channel = await openGrpcChannel({ address, secret });
  t.after(() => channel.close());
  return { probe: createClient(ProbeDefinition, channel), health: createClient(HealthDefinition, channel) };
}

async function serve(t: TestContext, port = 0, seen = nothing()): Promise<GrpcServer> {
  const server = await startGrpcServer({ services: [probe(seen)], secret: SECRET, port });
  t.after(() => server.stop());
  return server;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "ok",
    (thrown: unknown) => (thrown instanceof SluiceError ? thrown.code : `not a SluiceError: ${String(thrown)}`),
  );
}

async function eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await holds())) {
    if (Date.now() > deadline) assert.fail(`did not happen within 15 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function first(stream: AsyncIterable<unknown>): Promise<unknown> {
  for await (const answer of stream) return answer;
  return undefined;
}

test("a wrong or missing secret is refused at every method, health too", async (t) => {
  const server = await serve(t);
  for (const secret of ["wrong-secret-wrong-secret-wrong!", `${SECRET}x`, ""]) {
    const { probe, health } = await connect(t, server.address, secret);
    assert.equal(await codeOf(probe.ask({ action: "echo" })), "unauthenticated");
    assert.equal(await codeOf(first(probe.watch({ action: "count", count: 1 }))), "unauthenticated");
    assert.equal(await codeOf(health.check({ service: "" })), "unauthenticated");
    assert.equal(await codeOf(first(health.watch({ service: "" }))), "unauthenticated");
  }
});

test("a server refuses a secret too short to be one", async () => {
  await assert.rejects(startGrpcServer({ services: [], secret: "short" }), /16 or more/);
});

test("a restarted server on the same address answers again, and its loss is unavailable", async (t) => {
  const seen = nothing();
  const server = await serve(t, 0, seen);
  const { probe } = await connect(t, server.address);
  assert.equal((await probe.ask({ action: "echo", message: "1" })).text, "1");
  const waiting = codeOf(probe.ask({ action: "wait" }));
  const stream = probe.watch({ action: "wait", count: 1 })[Symbol.asyncIterator]();
  await stream.next();
  await server.stop();
  assert.equal(await codeOf(stream.next()), "unavailable");
  assert.equal(await waiting, "unavailable");
  await eventually("both handlers are aborted", () => seen.aborted.length === 2);

  const error = await probe.ask({ action: "echo" }).catch((thrown: unknown) => SluiceError.from(thrown));
  assert.ok(error instanceof SluiceError && error.code === "unavailable");
  assert.match(error.message, new RegExp(`ProbeService/Ask at ${server.address} cannot be reached`));

  await serve(t, server.port);
  const started = Date.now();
  await eventually("the channel is back", async () => (await codeOf(probe.ask({ action: "echo" }))) === "ok");
  assert.ok(Date.now() - started < 5_000);
});

test("a port already taken is a clear error", async (t) => {
  const server = await serve(t);
  const second = startGrpcServer({ services: [], secret: SECRET, port: server.port });
  await assert.rejects(second, (error: SluiceError) => {
    assert.equal(error.code, "unavailable");
    assert.match(error.message, new RegExp(`Cannot listen on ${server.address}: .*rpc.listen_port`));
    return true;
  });
});

test("drain lets streams finish, takes nothing new and ends health watches", async (t) => {
  const server = await serve(t);
  const { probe, health } = await connect(t, server.address);
  const stream = probe.watch({ action: "count", count: 2_000, bytes: 1_000 })[Symbol.asyncIterator]();
  await stream.next();
  const watched: number[] = [];
  const watch = (async () => {
    for await (const { status } of health.watch({ service: "" })) watched.push(status);
  })();
  await eventually("the watch has begun", () => watched.length === 1);
  const drained = server.drain(10_000);
  let count = 1;
  while ((await stream.next()).done !== true) count++;
  assert.equal(count, 2_000);
  assert.equal(await drained, true);
  await watch;
  assert.deepEqual(watched, [1, 2]);
  assert.equal(await codeOf(probe.ask({ action: "echo" })), "unavailable");
});

test("drain gives up after its time and stop aborts what is left", async (t) => {
  const seen = nothing();
  const server = await serve(t, 0, seen);
  const { probe } = await connect(t, server.address);
  const stream = probe.watch({ action: "wait", count: 1 })[Symbol.asyncIterator]();
  await stream.next();
  assert.equal(await server.drain(30), false);
  await server.stop();
  assert.equal(await codeOf(stream.next()), "unavailable");
  await eventually("the handler is aborted", () => seen.aborted.length === 1);
});

test("health tells serving, not serving and unknown services", async (t) => {
  const server = await serve(t);
  const { health } = await connect(t, server.address);
  assert.deepEqual(await health.check({ service: "" }), { status: 1 });
  assert.deepEqual(await health.check({ service: ProbeDefinition.fullName }), { status: 1 });
  assert.deepEqual(await health.check({ service: "nobody" }), { status: 3 });
  server.setServing(false);
  assert.deepEqual(await health.check({ service: "" }), { status: 2 });
});

test("another gRPC client gets a stream's error as a plain status", async (t) => {
  const server = await serve(t);
  const { Metadata } = await import("@grpc/grpc-js");
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${SECRET}`);
  const raw = new RawClient(server.address, credentials.createInsecure());
  t.after(() => raw.close());
  const identity = (bytes: Buffer): Buffer => bytes;
  const request = Buffer.from(JSON.stringify({ action: "throw", code: "budget_exhausted", message: "limit 5" }));
  const path = `/${ProbeDefinition.fullName}/Watch`;
  const error = await new Promise<ServiceError>((resolve) => {
    raw.makeServerStreamRequest(path, identity, identity, request, metadata).on("error", resolve).resume();
  });
  assert.equal(error.code, 8);
  assert.equal(error.details, "limit 5");
});

test("another gRPC client gets answers, and a stream's error in its trailer if it asks for that", async (t) => {
  const server = await serve(t);
  const { Metadata } = await import("@grpc/grpc-js");
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${SECRET}`);
  metadata.set("sluice-stream-errors", "trailer");
  const raw = new RawClient(server.address, credentials.createInsecure());
  t.after(() => raw.close());
  const identity = (bytes: Buffer): Buffer => bytes;
  const answer = await new Promise<Buffer | undefined>((resolve) => {
    const request = Buffer.from(JSON.stringify({ action: "echo", message: "hello" }));
    const path = `/${ProbeDefinition.fullName}/Ask`;
    raw.makeUnaryRequest(path, identity, identity, request, metadata, (_error, bytes) => resolve(bytes));
  });
  assert.equal(answer?.toString(), '{"text":"hello"}');
  const request = Buffer.from(JSON.stringify({ action: "throw", code: "overloaded", message: "full", count: 3 }));
  const stream = raw.makeServerStreamRequest(
    `/${ProbeDefinition.fullName}/Watch`,
    identity,
    identity,
    request,
    metadata,
  );
  let messages = 0;
  stream.on("data", () => messages++);
  const status = await new Promise<StatusObject>((resolve) => stream.on("status", resolve));
  assert.equal(status.code, 0);
  assert.equal(messages, 3);
  assert.match(String(status.metadata.get("sluice-error-bin")[0]), /overloaded.*full/s);
});

test("a trunk that breaks the rules ends, and the door goes on", async (t) => {
  const server = await serve(t);
  const { Metadata } = await import("@grpc/grpc-js");
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${SECRET}`);
  const raw = new RawClient(server.address, credentials.createInsecure());
  t.after(() => raw.close());
  const identity = (bytes: Buffer): Buffer => bytes;
  for (const message of [[1], [1, 1, 0, 0, 0, 9, 0, 0, 0, 65], [1, 1, 0, 0, 0, 1, 0, 0, 0, 65]]) {
    const trunk = raw.makeBidiStreamRequest("/sluice.rpc.v1.TrunkService/Carry", identity, identity, metadata);
    const refused = new Promise<ServiceError>((resolve) => trunk.on("error", resolve));
    trunk.resume();
    trunk.write(Buffer.from(message));
    assert.equal((await refused).code, 3);
  }
  const { probe } = await connect(t, server.address);
  assert.equal((await probe.ask({ action: "echo", message: "1" })).text, "1");
});

test("a request the service cannot decode is invalid_request", async (t) => {
  const server = await serve(t);
  const channel = await openGrpcChannel({ address: server.address, secret: SECRET });
  t.after(() => channel.close());
  const call = channel.unary(`/${ProbeDefinition.fullName}/Ask`, Buffer.from("{"), {});
  assert.equal(await codeOf(call), "invalid_request");
});
