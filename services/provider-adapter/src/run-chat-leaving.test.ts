import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { UsageSource } from "@sluice/proto/common/v1/usage";
import { openSse, plainAnswer, wire } from "./testing/upstream.ts";
import { attemptOf, chatOf, eventually, readAll, startWorld, type World } from "./testing/world.ts";

const WORDS = ["one ", "two ", "three ", "four "];
const streamed = chatOf("hi", { stream: true });

/** Sends each word only when told to; `rest` sends what is left and ends. */
function controlled(world: World): { next(): void; rest(): void; response(): Promise<ServerResponse> } {
  let open: ServerResponse | undefined;
  let sent = 0;
  world.upstream.script = (response) => {
    open = response;
    openSse(response);
    response.write(wire.role());
  };
  return {
    next: () => void open?.write(wire.text(WORDS[sent++] ?? "")),
    rest: () => {
      while (sent < WORDS.length) open?.write(wire.text(WORDS[sent++] ?? ""));
      open?.end(wire.finish() + wire.usage(7, 4) + wire.done());
    },
    response: () => eventually("the request", () => open),
  };
}

/** Reads until `count` words came, asking the upstream for each. */
async function leaveAfter(world: World, provider: string, count: number): Promise<ReturnType<typeof controlled>> {
  const upstream = controlled(world);
  const controller = new AbortController();
  const reading = readAll(
    world.client.generate(attemptOf(provider, streamed), { signal: controller.signal }),
    (text) => {
      const words = text.split(" ").length - 1;
      if (words < count) upstream.next();
      return words >= count;
    },
  );
  await upstream.response();
  if (count === 0) controller.abort();
  await reading;
  return upstream;
}

test("a caller that leaves at any word: abort closes the upstream and counts what was delivered", async () => {
  for (let count = 0; count <= WORDS.length; count++) {
    const world = await startWorld();
    try {
      await leaveAfter(world, "fake", count);
      await world.upstream.seen[0]?.closed;
      const metered = await world.metered();
      assert.equal(metered.ending, "abandoned", `after ${count} words`);
      assert.equal(metered.usageSource, UsageSource.USAGE_SOURCE_COUNTED);
      assert.equal(metered.usage?.inputTokens, 5n);
      assert.ok((metered.usage.outputTokens ?? 0n) >= BigInt(count), "never below what was delivered");
      await world.running.drain(1_000);
      assert.equal(world.bus.metered().length, 1);
    } finally {
      await world.close();
    }
  }
});

test("a caller that leaves at any word: drain reads on and meters the provider's own figures", async () => {
  for (let count = 0; count <= WORDS.length; count++) {
    const world = await startWorld();
    try {
      const upstream = await leaveAfter(world, "draining", count);
      assert.equal(world.bus.metered().length, 0, "not metered before it is known");
      upstream.rest();
      const metered = await world.metered();
      assert.deepEqual([metered.ending, metered.usageSource], ["completed", UsageSource.USAGE_SOURCE_DRAINED]);
      assert.deepEqual([metered.usage?.inputTokens, metered.usage?.outputTokens], [7n, 4n], `after ${count} words`);
    } finally {
      await world.close();
    }
  }
});

test("a caller that leaves before the request is sent costs nothing", async () => {
  const world = await startWorld();
  try {
    const controller = new AbortController();
    world.bus.gate = ({ type }) => {
      if (type === "attempt.started") controller.abort();
    };
    const got = await readAll(world.client.generate(attemptOf("draining", streamed), { signal: controller.signal }));
    assert.equal(got.thrown?.code, "cancelled");
    const metered = await world.metered();
    assert.deepEqual([metered.ending, metered.usage, world.upstream.seen.length], ["not_sent", undefined, 0]);
  } finally {
    await world.close();
  }
});

test("a caller that leaves while a plain answer is awaited: drained to its figures", async () => {
  const world = await startWorld();
  try {
    const controller = new AbortController();
    let answer: (() => void) | undefined;
    world.upstream.script = (response) => {
      answer = () => void response.end(plainAnswer());
    };
    const reading = readAll(world.client.generate(attemptOf("draining", chatOf("hi")), { signal: controller.signal }));
    const finish = await eventually("the request", () => answer);
    controller.abort();
    assert.equal((await reading).thrown?.code, "cancelled");
    finish();
    const metered = await world.metered();
    assert.deepEqual([metered.usageSource, metered.usage?.outputTokens], [UsageSource.USAGE_SOURCE_DRAINED, 3n]);
  } finally {
    await world.close();
  }
});

test("a stopping process waits for what is under way, then closes and still meters it", async () => {
  const world = await startWorld();
  try {
    const upstream = controlled(world);
    const reading = readAll(world.client.generate(attemptOf("draining", streamed)), (text) => text !== "");
    await upstream.response();
    upstream.next();
    await reading;
    await world.running.drain(20);
    assert.equal(world.running.notReady(), "stopping");
    assert.equal((await readAll(world.client.generate(attemptOf("fake", streamed)))).thrown?.code, "unavailable");
    assert.equal(world.bus.metered().length, 0);
    await world.running.stop();
    const [metered] = world.bus.metered();
    assert.deepEqual([metered?.ending, metered?.usage?.outputTokens], ["abandoned", 1n]);
  } finally {
    await world.close();
  }
});

/** Limits of which only the one under test is short; the upstream never goes on by itself. */
const LIMITS = { connectMs: 60_000, firstContentMs: 60_000, idleMs: 60_000, totalMs: 60_000 };

test("each limit of time ends an attempt that hangs, and meters it", async (context) => {
  const cases = [
    { limit: "first_content", limits: { ...LIMITS, firstContentMs: 30 }, words: 0, where: "thrown" },
    { limit: "idle", limits: { ...LIMITS, idleMs: 30 }, words: 1, where: "tail" },
    { limit: "total", limits: { ...LIMITS, totalMs: 400 }, words: 0, where: "thrown" },
  ] as const;
  for (const one of cases) {
    await context.test(one.limit, async () => {
      const world = await startWorld();
      try {
        world.upstream.script = (response) => {
          openSse(response);
          response.write(wire.role());
          for (let word = 0; word < one.words; word++) response.write(wire.text(WORDS[word] ?? ""));
        };
        const got = await readAll(world.client.generate(attemptOf("draining", streamed, { timeouts: one.limits })));
        const error = one.where === "thrown" ? got.thrown?.code : got.tail?.error?.code;
        assert.equal(error, "upstream_timeout");
        const metered = await world.metered();
        assert.equal(metered.ending, "cut");
        assert.equal(metered.error?.facts["limit"], one.limit);
        assert.equal(metered.usage?.outputTokens, BigInt(one.words));
        await world.upstream.seen[0]?.closed;
      } finally {
        await world.close();
      }
    });
  }
});

test("an attempt that waits too long for a connection is not sent", async () => {
  const world = await startWorld({ connections_per_provider: 1 });
  try {
    const upstream = controlled(world);
    const first = readAll(world.client.generate(attemptOf("fake", streamed)));
    await upstream.response();
    const limits = { ...LIMITS, connectMs: 30 };
    const second = attemptOf("fake", streamed, { attemptId: "att_2", timeouts: limits });
    assert.equal((await readAll(world.client.generate(second))).thrown?.code, "upstream_timeout");
    const metered = await world.metered();
    assert.deepEqual([metered.attemptId, metered.ending, metered.usage], ["att_2", "not_sent", undefined]);
    upstream.rest();
    assert.equal((await first).text, WORDS.join(""));
    assert.equal(world.upstream.seen.length, 1, "nothing of the second request left");
  } finally {
    await world.close();
  }
});

test("a slow caller makes the reader wait instead of filling the memory, and gets everything", async () => {
  const world = await startWorld();
  try {
    const count = 3_000;
    world.upstream.script = async (response) => {
      openSse(response);
      for (let word = 0; word < count; word++) {
        if (!response.write(wire.text("word "))) await new Promise((resolve) => response.once("drain", resolve));
        if (word % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      response.end(wire.finish() + wire.usage() + wire.done());
    };
    let messages = 0;
    let words = 0;
    for await (const { message } of world.client.generate(attemptOf("fake", streamed))) {
      if (messages++ % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      if (message?.$case === "batch")
        words += message.value.chunks.filter(({ event }) => event?.$case === "text").length;
    }
    assert.equal(words, count);
  } finally {
    await world.close();
  }
});

test("an answer whose caller left is drained within bounds of time and size, then closed and counted", async (context) => {
  const bounds = { "too slow": { drain_timeout_ms: 30 }, "too large": { drain_max_bytes: 200 } };
  for (const [name, config] of Object.entries(bounds)) {
    await context.test(name, async () => {
      const world = await startWorld(config);
      try {
        const upstream = await leaveAfter(world, "draining", 2);
        if (name === "too large") for (let word = 0; word < 2; word++) upstream.next();
        await world.upstream.seen[0]?.closed;
        const metered = await world.metered();
        assert.deepEqual([metered.ending, metered.error?.code], ["abandoned", "cancelled"]);
        assert.equal(metered.usageSource, UsageSource.USAGE_SOURCE_COUNTED);
        assert.ok((metered.usage?.outputTokens ?? 0n) >= 2n);
        assert.match(world.logged(), /answer not drained/);
      } finally {
        await world.close();
      }
    });
  }
});
