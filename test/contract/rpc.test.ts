import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ERROR_TABLE, type ErrorCode, SluiceError } from "@sluice/platform/errors";
import {
  type Channel,
  type Client,
  createClient,
  openGrpcChannel,
  openLocalChannel,
  startGrpcServer,
} from "@sluice/platform/rpc";
import { type Answer, ProbeDefinition, probe, type Seen } from "./rpc-service.ts";

const SECRET = "contract-suite-secret-0123456789";
const LIMIT = 1024 * 1024;

interface Setup {
  readonly channel: Channel;
  readonly failures: string[];
  stop(): Promise<void>;
}

const SHAPES: Readonly<Record<string, (seen: Seen) => Promise<Setup>>> = {
  local: async (seen) => {
    const failures: string[] = [];
    const onFailure = (path: string, error: SluiceError) => failures.push(`${path} ${error.message} ${error.cause}`);
    const channel = openLocalChannel({ services: [probe(seen)], freeze: true, onFailure });
    return { channel, failures, stop: () => channel.close() };
  },
  grpc: async (seen) => {
    const failures: string[] = [];
    const onFailure = (path: string, error: SluiceError) => failures.push(`${path} ${error.message} ${error.cause}`);
    const server = await startGrpcServer({
      services: [probe(seen)],
      secret: SECRET,
      maxMessageBytes: LIMIT,
      onFailure,
    });
    const channel = await openGrpcChannel({ address: server.address, secret: SECRET, maxMessageBytes: LIMIT });
    const stop = async () => {
      await channel.close();
      await server.stop();
    };
    return { channel, failures, stop };
  },
};

async function eventually(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > deadline) assert.fail(`did not happen within 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function failureOf(work: Promise<unknown>): Promise<SluiceError> {
  const error = await work.then(
    () => assert.fail("the call succeeded"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof SluiceError, `not a SluiceError: ${String(error)}`);
  return error;
}

async function collect(stream: AsyncIterable<Answer>, into: Answer[] = []): Promise<Answer[]> {
  for await (const answer of stream) into.push(answer);
  return into;
}

for (const [shape, open] of Object.entries(SHAPES)) {
  describe(`rpc over ${shape}`, () => {
    const seen: Seen = { produced: 0, aborted: [], returned: 0 };
    let setup: Setup;
    let client: Client<typeof ProbeDefinition>;
    before(async () => {
      setup = await open(seen);
      client = createClient(ProbeDefinition, setup.channel);
    });
    after(() => setup.stop());

    test("a unary call is answered", async () => {
      assert.deepEqual(await client.ask({ action: "echo", message: "größe 🙂" }), { text: "größe 🙂" });
    });

    test("a stream delivers all messages in order and ends", async () => {
      const answers = await collect(client.watch({ action: "count", count: 500 }));
      assert.deepEqual(
        answers.map(({ index }) => index),
        Array.from({ length: 500 }, (_, index) => index),
      );
    });

    test("an empty stream just ends", async () => {
      assert.deepEqual(await collect(client.watch({ action: "count", count: 0 })), []);
    });

    test("a message that was sent cannot be changed by either side afterwards", async () => {
      const message = { action: "echo", message: "a" };
      const call = client.ask(message);
      const change = () => {
        message.message = "b";
      };
      // Between processes it is a copy; within one it is the same message, which a frozen channel guards.
      if (shape === "local") assert.throws(change, TypeError);
      else change();
      assert.equal((await call).text, "a");
    });

    test("reads that are not awaited are served in order", async () => {
      const iterator = client.watch({ action: "count", count: 3 })[Symbol.asyncIterator]();
      const results = await Promise.all([iterator.next(), iterator.next(), iterator.next(), iterator.next()]);
      assert.deepEqual(
        results.map(({ done, value }) => (done === true ? "end" : value.index)),
        [0, 1, 2, "end"],
      );
    });

    for (const code of Object.keys(ERROR_TABLE) as ErrorCode[]) {
      test(`the code ${code} arrives from a call and from a stream`, async () => {
        const ask = { action: "throw", code, message: `${code}: limit 3, actual 4; wait.` };
        for (const call of [client.ask(ask), collect(client.watch(ask))]) {
          const error = await failureOf(call);
          assert.equal(error.code, code);
          assert.equal(error.message, ask.message);
          assert.equal(error.cause, undefined);
          assert.deepEqual(error.details, {});
        }
      });
    }

    test("all details of an error arrive", async () => {
      const details = {
        param: "messages[0].content",
        retryAfterMs: 1_500,
        provider: "somebody",
        providerCode: "busy",
        upstreamStatus: 429,
        upstreamBody: '{"error":"größe"}',
        facts: { account: "key/1", limit: "5" },
      };
      const ask = { action: "throw", code: "upstream_rate_limited", message: "größe 🙂", details } as const;
      for (const call of [client.ask(ask), collect(client.watch(ask))]) {
        const error = await failureOf(call);
        assert.deepEqual(error.details, details);
        assert.equal(error.message, "größe 🙂");
      }
    });

    test("an oversized error is cut, not lost", async () => {
      const details = { upstreamBody: "é".repeat(100_000), facts: { held: "1".repeat(10_000) } };
      const ask = {
        action: "throw",
        code: "upstream_bad_response",
        message: `lone \ud800 ${"m".repeat(50_000)}`,
        details,
      } as const;
      const error = await failureOf(client.ask(ask));
      assert.equal(error.code, "upstream_bad_response");
      assert.equal(error.message.length, 4_096);
      assert.equal(error.details.upstreamBody?.length, 4_096);
      assert.equal(error.details.facts?.["held"]?.length, 512);
    });

    test("all messages before an error are delivered, then the error, then plain ends", async () => {
      for (const count of [1, 3, 40, 200]) {
        const answers: Answer[] = [];
        const ask = { action: "throw", code: "upstream_bad_response", message: "cut", count } as const;
        const stream = client.watch(ask)[Symbol.asyncIterator]();
        const all = { [Symbol.asyncIterator]: () => stream };
        assert.equal((await failureOf(collect(all, answers))).code, "upstream_bad_response");
        assert.equal(answers.length, count);
        assert.equal((await stream.next()).done, true);
      }
    });

    test("a plain Error becomes internal, is reported on its own side and leaks neither stack nor cause", async () => {
      setup.failures.length = 0;
      for (const call of [client.ask({ action: "throw-plain" }), collect(client.watch({ action: "throw-plain" }))]) {
        const error = await failureOf(call);
        assert.equal(error.code, "internal");
        assert.equal(error.message, "Unexpected failure: boom");
        assert.equal(error.cause, undefined);
        assert.doesNotMatch(JSON.stringify(error), /rpc-service/);
        assert.doesNotMatch(error.stack ?? "", /rpc-service/);
      }
      assert.equal(setup.failures.length, 2);
      assert.match(
        setup.failures.find((line) => line.includes("/Ask")) ?? "",
        /ProbeService\/Ask Unexpected failure: boom Error: boom/,
      );
    });

    test("a deadline ends a call with timeout and aborts its handler", async () => {
      seen.aborted.length = 0;
      assert.equal((await failureOf(client.ask({ action: "wait" }, { deadlineMs: 50 }))).code, "timeout");
      await eventually("the handler is aborted", () => seen.aborted.length === 1);
      // Between processes, the caller's cancellation at its deadline may overtake the serving side's own clock.
      assert.match(String(seen.aborted[0]), shape === "local" ? /^timeout$/ : /^(timeout|cancelled)$/);
    });

    test("a deadline ends a call whose handler ignores it", async () => {
      assert.equal((await failureOf(client.ask({ action: "deaf" }, { deadlineMs: 50 }))).code, "timeout");
    });

    test("a deadline covers the whole stream", async () => {
      seen.aborted.length = 0;
      const answers: Answer[] = [];
      const stream = client.watch({ action: "wait", count: 3 }, { deadlineMs: 100 });
      assert.equal((await failureOf(collect(stream, answers))).code, "timeout");
      assert.equal(answers.length, 3);
      await eventually("the handler is aborted", () => seen.aborted.length === 1);
    });

    test("a deadline already over is a timeout without a call", async () => {
      assert.equal((await failureOf(client.ask({ action: "echo" }, { deadlineMs: 0 }))).code, "timeout");
      assert.equal(
        (await failureOf(collect(client.watch({ action: "count", count: 1 }, { deadlineMs: -5 })))).code,
        "timeout",
      );
    });

    test("the handler knows the deadline and the metadata, not the door's secret", async () => {
      const sent = Date.now();
      const answer = await client.ask({ action: "context" }, { deadlineMs: 60_000, metadata: { "x-request": "r 1" } });
      assert.deepEqual(answer.metadata, { "x-request": "r 1" });
      const left = (answer.deadlineAt ?? 0) - sent;
      assert.ok(left > 50_000 && left < 70_000, `deadline ${left} ms after the call`);
      assert.deepEqual(await client.ask({ action: "context" }), { metadata: {} });
    });

    test("metadata no channel can carry is refused the same way", async () => {
      for (const metadata of [{ Upper: "x" }, { authorization: "x" }, { ok: "größe" }, { big: "x".repeat(9_000) }]) {
        assert.equal((await failureOf(client.ask({ action: "context" }, { metadata }))).code, "internal");
      }
    });

    test("an abort rejects with cancelled and aborts the handler", async () => {
      seen.aborted.length = 0;
      const controller = new AbortController();
      const call = failureOf(client.ask({ action: "wait" }, { signal: controller.signal }));
      setImmediate(() => setTimeout(() => controller.abort(), 20));
      assert.equal((await call).code, "cancelled");
      // A call aborted on its way may never have reached the handler; one that did is told.
      if (shape === "local") assert.deepEqual(seen.aborted, ["cancelled"]);
    });

    test("an abort in the middle of a stream ends both sides", async () => {
      seen.aborted.length = 0;
      const controller = new AbortController();
      const answers: Answer[] = [];
      const stream = collect(client.watch({ action: "wait", count: 2 }, { signal: controller.signal }), answers);
      const call = failureOf(stream);
      await eventually("two messages arrived", () => answers.length === 2);
      controller.abort();
      assert.equal((await call).code, "cancelled");
      await eventually("the handler is aborted", () => seen.aborted.length === 1);
      assert.deepEqual(seen.aborted, ["cancelled"]);
    });

    test("a signal aborted before the call sends nothing", async () => {
      const signal = AbortSignal.abort();
      const produced = seen.produced;
      assert.equal((await failureOf(client.ask({ action: "echo" }, { signal }))).code, "cancelled");
      assert.equal(
        (await failureOf(collect(client.watch({ action: "count", count: 1 }, { signal })))).code,
        "cancelled",
      );
      assert.equal(seen.produced, produced);
    });

    test("leaving a stream early cancels its handler", async () => {
      const returned = seen.returned;
      for await (const answer of client.watch({ action: "count", count: 1_000_000, bytes: 1_000 })) {
        if (answer.index === 3) break;
      }
      await eventually("the handler's finally ran", () => seen.returned === returned + 1);
    });

    test("leaving a stream while its handler waits aborts the handler", async () => {
      seen.aborted.length = 0;
      const stream = client.watch({ action: "wait", count: 1 })[Symbol.asyncIterator]();
      await stream.next();
      const pending = stream.next();
      await stream.return?.();
      assert.equal((await pending).done, true);
      assert.equal((await stream.next()).done, true);
      await eventually("the handler is aborted", () => seen.aborted.length === 1);
    });

    test("a slow reader stops the producer instead of filling memory", async () => {
      seen.produced = 0;
      const stream = client.watch({ action: "count", count: 5_000, bytes: 50_000 })[Symbol.asyncIterator]();
      await stream.next();
      let last = -1;
      while (last !== seen.produced) {
        last = seen.produced;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      assert.ok(seen.produced < 200, `${seen.produced} messages of 50 kB were made for one read`);
      let read = 1;
      while (read < 1_000 && (await stream.next()).done !== true) read++;
      assert.equal(read, 1_000);
      await stream.return?.();
    });

    test("a request or response over the limit is refused with size and limit", async () => {
      // Within one process nothing is copied, so that size costs nothing.
      if (shape === "local") return;
      for (const ask of [
        { action: "echo", message: "x".repeat(LIMIT) },
        { action: "echo", bytes: LIMIT },
      ]) {
        const error = await failureOf(client.ask(ask));
        assert.equal(error.code, "payload_too_large");
        assert.match(error.message, new RegExp(`has 104[89]\\d{3} bytes; the limit is ${LIMIT}`));
      }
      const stream = collect(client.watch({ action: "count", count: 1, bytes: LIMIT }));
      assert.equal((await failureOf(stream)).code, "payload_too_large");
      assert.equal((await client.ask({ action: "echo", bytes: LIMIT - 100 })).text?.length, LIMIT - 100);
    });

    test("a method nobody serves is an internal error that names it", async () => {
      const other = { ...ProbeDefinition, fullName: "sluice.test.v1.NobodyService" };
      const error = await failureOf(createClient(other, setup.channel).ask({ action: "echo" }));
      assert.equal(error.code, "internal");
      assert.match(error.message, /NobodyService\/Ask/);
    });

    test("1,000 calls and 200 streams at once are all answered", async () => {
      const calls = Array.from({ length: 1_000 }, (_, i) => client.ask({ action: "echo", message: String(i) }));
      const streams = Array.from({ length: 200 }, () => collect(client.watch({ action: "count", count: 20 })));
      const answers = await Promise.all(calls);
      assert.ok(answers.every(({ text }, i) => text === String(i)));
      assert.ok((await Promise.all(streams)).every(({ length }) => length === 20));
    });

    test("a closed channel refuses calls with unavailable", async () => {
      await setup.channel.close();
      assert.equal((await failureOf(client.ask({ action: "echo" }))).code, "unavailable");
      assert.equal((await failureOf(collect(client.watch({ action: "count" })))).code, "unavailable");
    });
  });
}
