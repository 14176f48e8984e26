import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Bus, type OutgoingEvent, openBus } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import { newId } from "@sluice/platform/ids";
import { FactsOf } from "../testing/stories.ts";
import { explainer } from "./explain.ts";

async function openTestBus(t: TestContext): Promise<Bus> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-explain-"));
  const bus = await openBus({ kind: "embedded", file: join(directory, "bus.db") });
  // An open bus alone keeps no process alive.
  const alive = setInterval(() => undefined, 60_000);
  t.after(async () => {
    clearInterval(alive);
    await bus.close();
    await rm(directory, { recursive: true, force: true });
  });
  return bus;
}

async function publish(bus: Bus, events: readonly OutgoingEvent[]): Promise<void> {
  for (const event of events) await bus.publish(event);
}

const call = (more: { deadlineAt?: number; signal?: AbortSignal } = {}) => ({
  signal: more.signal ?? new AbortController().signal,
  metadata: {},
  ...(more.deadlineAt !== undefined && { deadlineAt: more.deadlineAt }),
});

/** Counts the facts that are read. */
function counting(bus: Bus): { readonly bus: Bus; readonly read: () => number } {
  let read = 0;
  async function* counted(options: Parameters<Bus["read"]>[0]) {
    for await (const event of bus.read(options)) {
      read += 1;
      yield event;
    }
  }
  return { bus: { ...bus, read: counted } as Bus, read: () => read };
}

/** The same bus, whose streams do not answer, all or one. */
function silent(bus: Bus, stream?: string): Bus {
  async function* read(options: Parameters<Bus["read"]>[0]) {
    const { signal } = options;
    if (stream !== undefined && options.stream !== stream) yield* bus.read(options);
    else if (signal?.aborted === false) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }
  return { ...bus, read } as Bus;
}

const ask = (bus: Bus, requestId: string, tenantId = "") =>
  explainer({ bus, now: Date.now })({ requestId, tenantId }, call());
const hasCode = (code: string) => (error: unknown) => error instanceof SluiceError && error.code === code;

test("a request is told from its decision to its bill, among others, whatever the order of the facts", async (t) => {
  const bus = await openTestBus(t);
  const facts = new FactsOf(newId("req"));
  const others = Array.from({ length: 30 }, () => new FactsOf(newId("req")).failedOver()).flat();
  const own = facts.failedOver();
  await publish(bus, others.slice(0, 200));
  await publish(bus, own);
  await publish(bus, others.slice(200));
  const story = await ask(bus, facts.requestId);
  assert.equal(story.state, "settled");
  assert.equal(story.tenantId, "org_a");
  assert.equal(story.decision?.requestedModel, "fast");
  assert.deepEqual(story.notes, []);
  assert.deepEqual(
    story.attempts.map(({ ordinal, outcome, next, ending, hold, costNanousd }) => [
      ...[ordinal, outcome, next, ending],
      ...[hold?.state, hold?.heldNanousd, hold?.accounts[0], costNanousd],
    ]),
    [
      [1, "failed", "next_candidate", "error", "settled", 4_000n, "org:org_a", 0n],
      [2, "delivered", "done", "completed", "settled", 4_000n, "org:org_a", 8_000n],
    ],
  );
  const [first, second] = story.attempts;
  assert.deepEqual([first?.usageSource, second?.usageSource], ["", "provider"]);
  assert.deepEqual(
    second?.verdicts.map(({ phase }) => phase),
    ["window", "final"],
  );
  assert.deepEqual([story.billNanousd, story.heldNanousd], [8_000n, 0n]);

  const backwards = await openTestBus(t);
  // Each service's facts come in its own order, whatever the others' outboxes do.
  const router = ({ type }: OutgoingEvent) => type === "decision.made" || type === "attempt.finished";
  await publish(backwards, [...own.filter(router), ...own.filter((event) => !router(event))]);
  assert.deepEqual(await ask(backwards, facts.requestId), story);
});

test("reading ends where nothing more can come", async (t) => {
  const bus = await openTestBus(t);
  const facts = new FactsOf(newId("req"));
  const before = Array.from({ length: 20 }, () => new FactsOf(newId("req", Date.now() - 60_000)).failedOver()).flat();
  await publish(bus, [...before, ...facts.failedOver()]);
  await publish(bus, Array.from({ length: 50 }, () => new FactsOf(newId("req")).failedOver()).flat());
  const { bus: counted, read } = counting(bus);
  assert.equal((await ask(counted, facts.requestId)).state, "settled");
  assert.ok(read() <= before.length + 20, `${read()} facts were read`);
});

test("corrections are shown as such and the bill is the sum of all postings, each once", async (t) => {
  const bus = await openTestBus(t);
  const facts = new FactsOf(newId("req"));
  const estimate = facts.posted("att_1", "estimated", 4_000n);
  const known = [facts.decision(), facts.held("att_1"), facts.started("att_1", 1)];
  await publish(bus, [...known, estimate, facts.holdEnded("att_1", "expired")]);
  const early = await ask(bus, facts.requestId);
  assert.deepEqual([early.state, early.billNanousd], ["running", 4_000n]);
  assert.match(early.notes.join("\n"), /No attempt was reported as the last one/);
  assert.match(early.notes.join("\n"), /Attempt 1 is charged by estimate/);
  await publish(bus, [facts.metered("att_1"), facts.finished("att_1", 1)]);
  // Another id for the same posting: what a stream does whose window of repeats is over.
  await publish(bus, [{ ...estimate, id: "again" }, facts.posted("att_1", "correction", -3_000n)]);
  const late = await ask(bus, facts.requestId);
  assert.deepEqual([late.state, late.billNanousd, late.attempts[0]?.costNanousd], ["settled", 1_000n, 1_000n]);
  assert.deepEqual(
    late.attempts[0]?.postings.map(({ kind, amountNanousd }) => [kind, amountNanousd]),
    [
      ["estimated", 4_000n],
      ["correction", -3_000n],
    ],
  );
  assert.deepEqual(late.notes, []);
});

test("a running request is told as far as it is known", async (t) => {
  const bus = await openTestBus(t);
  const facts = new FactsOf(newId("req"));
  await publish(bus, [facts.decision(), facts.held("att_1"), facts.started("att_1", 1)]);
  const story = await ask(bus, facts.requestId);
  assert.deepEqual([story.state, story.heldNanousd, story.attempts[0]?.hold?.state], ["running", 4_000n, "open"]);
  assert.equal(story.attempts[0]?.durationMs, undefined);
  await publish(bus, [facts.metered("att_1"), facts.finished("att_1", 1)]);
  const settling = await ask(bus, facts.requestId);
  assert.equal(settling.state, "settling");
  assert.deepEqual(settling.notes, ["Attempt 1 is not booked yet."]);
});

test("an attempt that found no hold is part of the story and nothing is waited for", async (t) => {
  const bus = await openTestBus(t);
  const facts = new FactsOf(newId("req"));
  await publish(bus, [facts.decision(), facts.finished("att_1", 1, { outcome: "refused", next: "stop" })]);
  const story = await ask(bus, facts.requestId);
  assert.deepEqual(
    [story.state, story.attempts[0]?.outcome, story.attempts[0]?.hold],
    ["settled", "refused", undefined],
  );
});

test("another tenant's story is not told, unknown and malformed ids are told apart", async (t) => {
  const bus = await openTestBus(t);
  const facts = new FactsOf(newId("req"));
  await publish(bus, facts.failedOver());
  assert.equal((await ask(bus, facts.requestId, "org_a")).state, "settled");
  await assert.rejects(ask(bus, facts.requestId, "org_b"), hasCode("not_found"));
  await assert.rejects(ask(bus, newId("req")), /kept for 30 days, attempts and money for good/);
  await assert.rejects(ask(bus, newId("req", Date.now() + 3_600_000)), hasCode("not_found"));
  for (const id of ["", "req_1", newId("att"), `${newId("req")}x`]) {
    await assert.rejects(ask(bus, id), hasCode("invalid_request"));
  }
});

test("a decision that is not kept any more leaves the rest of the story, and says so", async (t) => {
  const bus = await openTestBus(t);
  const old = new FactsOf(newId("req", Date.now() - 31 * 86_400_000));
  await publish(bus, old.failedOver().slice(1));
  const story = await ask(bus, old.requestId);
  assert.deepEqual([story.decision, story.attempts.length, story.tenantId], [undefined, 2, "org_a"]);
  assert.match(story.notes.join(), /not kept any more: decisions and verdicts are kept for 30 days/);
});

test("facts that cannot be read are counted, not hidden", async (t) => {
  const bus = await openTestBus(t);
  const facts = new FactsOf(newId("req"));
  await publish(bus, facts.failedOver());
  async function* broken(options: Parameters<Bus["read"]>[0]) {
    for await (const event of bus.read(options)) {
      yield event.type === "attempt.metered"
        ? { ...event, json: `{"requestId":"${facts.requestId}","usage":7` }
        : event;
    }
  }
  const story = await ask({ ...bus, read: broken } as Bus, facts.requestId);
  assert.match(story.notes.join("\n"), /could not be read and were left out: 2/);
});

test("streams that cannot be read in time give what is known, or say that it took too long", async (t) => {
  const bus = await openTestBus(t);
  const facts = new FactsOf(newId("req"));
  await publish(bus, facts.failedOver());
  const explain = explainer({ bus: silent(bus, "SLUICE_LEDGER"), now: Date.now });
  const soon = () => call({ deadlineAt: Date.now() + 700 });
  const story = await explain({ requestId: facts.requestId, tenantId: "" }, soon());
  assert.match(story.notes[0] ?? "", /could not be read to their end in time/);
  assert.equal(story.attempts.length, 2);
  await assert.rejects(explain({ requestId: newId("req"), tenantId: "" }, soon()), hasCode("timeout"));
  const leaving = new AbortController();
  const left = explain({ requestId: facts.requestId, tenantId: "" }, call({ signal: leaving.signal }));
  leaving.abort();
  await assert.rejects(left, { name: "AbortError" });
});

test("few stories are read at once", async (t) => {
  const bus = await openTestBus(t);
  const stop = new AbortController();
  const explain = explainer({ bus: silent(bus), now: Date.now });
  const one = () => explain({ requestId: newId("req"), tenantId: "" }, call({ signal: stop.signal }));
  const four = [one(), one(), one(), one()];
  await assert.rejects(one(), hasCode("overloaded"));
  stop.abort();
  for (const each of four) await assert.rejects(each, { name: "AbortError" });
});
