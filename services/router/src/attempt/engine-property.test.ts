import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type ErrorCode, SluiceError, toErrorDetail } from "@sluice/platform/errors";
import { bind, createClient, type Implementation, openLocalChannel } from "@sluice/platform/rpc";
import { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { AttemptFinished } from "@sluice/proto/events/v1/attempt_events";
import { HoldRefused, RefusalReason } from "@sluice/proto/ledger/v1/ledger_service";
import {
  type GenerateRequest,
  type GenerateResponse,
  ProviderServiceDefinition,
} from "@sluice/proto/provider/v1/provider_service";
import type { RouteResponse } from "@sluice/proto/router/v1/router_service";
import { Decision, Level } from "@sluice/proto/validator/v1/validator_service";
import { Breakers } from "../health/breakers.ts";
import { batch, type FakeWorld, fakeWorld, finish, grant, routedRequest, tail, text } from "../testing/fakes.ts";
import { runAttempts } from "../testing/run-attempts.ts";
import type { RoutedRequest } from "./types.ts";

/** Park and Miller's generator: a round that fails can be run again by its number. */
function chance(seed: number): (below: number) => number {
  let state = seed * 7_919 + 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

type Adapter = Implementation<typeof ProviderServiceDefinition>;
type Draw = ReturnType<typeof chance>;

const ROUNDS = 400;

const CODES: readonly ErrorCode[] = [
  "upstream_overloaded",
  "upstream_unavailable",
  "upstream_invalid_request",
  "upstream_rate_limited",
  "upstream_content_blocked",
  "unavailable",
  "internal",
  "overloaded",
];
const LEVELS = [Level.LEVEL_OFF, Level.LEVEL_OBSERVE, Level.LEVEL_GUARD, Level.LEVEL_STRICT] as const;
const DECISIONS = [Decision.DECISION_PASS, Decision.DECISION_FAIL, Decision.DECISION_UNDECIDED] as const;
const start = ChatChunk.fromPartial({ event: { $case: "start", value: { id: "x" } } });
const call = ChatChunk.fromPartial({
  event: { $case: "toolCall", value: { id: "c", name: "f", argumentsJson: "{}" } },
});

function failureOf(draw: Draw): SluiceError {
  const code = CODES[draw(CODES.length)] ?? "internal";
  const facts = draw(4) === 0 ? { not_started: "true" } : draw(2) === 0 ? { unbilled: "true" } : {};
  return new SluiceError(code, code, { details: { facts, ...(draw(3) === 0 && { retryAfterMs: draw(30) }) } });
}

/** One attempt's stream: some pieces that name their attempt, then an end of any kind, with waits between. */
async function* script(draw: Draw, attemptId: string, asked: Set<string>): AsyncGenerator<GenerateResponse> {
  asked.add(attemptId);
  if (draw(5) === 0) throw failureOf(draw);
  yield { message: { $case: "head", value: { upstreamRequestId: "", warnings: [], upstreamStatus: 200 } } };
  yield batch(start);
  const pieces = draw(5) === 0 ? 0 : draw(30);
  for (let piece = 0; piece < pieces; piece++) {
    const wait = draw(12);
    if (wait < 2) await pause(wait);
    yield batch(draw(15) === 0 ? call : text(`${attemptId} `));
  }
  const end = draw(6);
  if (end === 0) throw failureOf(draw);
  if (end === 1) return;
  if (end === 2) {
    yield tail({ error: toErrorDetail(failureOf(draw)) });
    return;
  }
  yield batch(finish);
  yield tail();
  if (draw(4) === 0) throw failureOf(draw);
}

interface Round {
  readonly world: FakeWorld;
  /** Attempts of which the adapter heard. */
  readonly asked: ReadonlySet<string>;
  readonly granted: ReadonlySet<string>;
  readonly seen: RouteResponse[];
  readonly error: SluiceError | undefined;
  readonly left: boolean;
  /** Attempts per candidate that began and have not ended. */
  readonly health: ReadonlyMap<string, number>;
}

/** Counts what began and has not ended. */
class CountedBreakers extends Breakers {
  readonly open = new Map<string, number>();

  override began(key: string, now: number): boolean {
    this.open.set(key, (this.open.get(key) ?? 0) + 1);
    return super.began(key, now);
  }

  override ended(...args: Parameters<Breakers["ended"]>): void {
    this.open.set(args[0], (this.open.get(args[0]) ?? 0) - 1);
    super.ended(...args);
  }
}

function worldOf(draw: Draw, granted: Set<string>): FakeWorld {
  return fakeWorld({
    generate: () => assert.fail("replaced below"),
    config: { window_max_ms: 2, window_min_tokens: 4, window_max_tokens: 12, retry: { backoff_ms: 1 } },
    hold: async (request) => {
      if (draw(3) === 0) await pause(draw(2));
      if (draw(15) === 0) throw failureOf(draw);
      if (draw(15) > 0) {
        granted.add(request.attemptId);
        return grant(request);
      }
      const reason = RefusalReason.REFUSAL_REASON_UNPRICED;
      return { outcome: { $case: "refused", value: HoldRefused.fromPartial({ reason, message: "no price" }) } };
    },
    check: async () => {
      if (draw(3) === 0) await pause(draw(3));
      if (draw(12) === 0) throw new SluiceError("timeout", "late");
      return { decision: DECISIONS[draw(8)] ?? Decision.DECISION_PASS, reasons: [], repairedText: "" };
    },
  });
}

const requestOf = (draw: Draw, signal: AbortSignal): RoutedRequest =>
  routedRequest({
    stream: draw(3) > 0,
    level: LEVELS[draw(4)] ?? Level.LEVEL_GUARD,
    models: ["one", "two", "three"].slice(0, 1 + draw(3)),
    json: draw(5) === 0,
    signal,
  });

async function play(seed: number): Promise<Round> {
  const draw = chance(seed);
  const asked = new Set<string>();
  const granted = new Set<string>();
  const caller = new AbortController();
  const world = worldOf(draw, granted);
  const generate = ({ attemptId }: GenerateRequest) => script(draw, attemptId, asked);
  const adapter = { ...world.dependencies.provider, generate } as unknown as Adapter;
  const breakers = new CountedBreakers(
    { failuresMin: 2, failureShare: 0.5, windowMs: 1_000, openMs: 1, openMaxMs: 10 },
    () => undefined,
  );
  const dependencies = {
    ...world.dependencies,
    provider: createClient(
      ProviderServiceDefinition,
      openLocalChannel({ services: [bind(ProviderServiceDefinition, adapter)] }),
    ),
    breakers,
    random: () => draw(1_000) / 1_000,
    pause: (ms: number, signal: AbortSignal) => pause(Math.min(ms, 3), undefined, { signal }),
  };
  const request = requestOf(draw, caller.signal);
  const leavesAfterMs = draw(3) === 0 ? draw(8) : undefined;
  const timer = leavesAfterMs === undefined ? undefined : setTimeout(() => caller.abort(), leavesAfterMs);
  const decided = draw(20) === 0 ? Promise.reject(new SluiceError("overloaded", "full")) : pause(draw(2));
  const taken = await take(runAttempts(dependencies, request, decided), draw(6) === 0 ? draw(12) : undefined);
  clearTimeout(timer);
  const left = taken.stopped || caller.signal.aborted;
  return { world, asked, granted, seen: taken.seen, error: taken.error, left, health: breakers.open };
}

/** Reads to the end, or stops after so many messages. */
async function take(answer: AsyncIterable<RouteResponse>, stopsAfter: number | undefined) {
  const seen: RouteResponse[] = [];
  try {
    for await (const message of answer) {
      seen.push(message);
      if (seen.length === stopsAfter) return { seen, error: undefined, stopped: true };
    }
    return { seen, error: undefined, stopped: false };
  } catch (thrown) {
    return { seen, error: SluiceError.from(thrown), stopped: false };
  }
}

const storyOf = ({ world }: Round) =>
  world.published.filter(({ type }) => type === "attempt.finished").map(({ payload }) => payload as AttemptFinished);

/** A head, content, a summary; an error before the head or, told in it, at the end. Nothing of a failed attempt. */
function inspectAnswer({ seen, error, left }: Round): void {
  const kinds = seen.map(({ message }) => message?.$case);
  const rest = kinds.slice(1);
  assert.ok(kinds.length === 0 || kinds[0] === "head", `begins with ${kinds[0]}`);
  assert.ok(!rest.includes("head"), "two heads");
  assert.ok(!kinds.slice(0, -1).includes("summary"), "something after the summary");
  if (!left && error === undefined) assert.equal(kinds.at(-1), "summary", "an answer never ends in silence");
  if (!left && error !== undefined) assert.deepEqual(kinds, [], "an error is thrown only before content");
  const head = seen[0]?.message?.$case === "head" ? seen[0].message.value : undefined;
  const chunks = seen.flatMap(({ message }) => (message?.$case === "batch" ? message.value.chunks : []));
  for (const { event } of chunks) if (event?.$case === "text") assert.equal(event.value, `${head?.attemptId} `);
}

/** Every attempt told once, one of them as the last; every hold used or given back; no breaker's place taken. */
function inspectTraces(round: Round): void {
  const { world, asked, granted, error, health } = round;
  const story = storyOf(round);
  for (const id of granted) assert.ok(asked.has(id) || world.voided.includes(id), `the hold of ${id} is left behind`);
  assert.equal(new Set(story.map(({ attemptId }) => attemptId)).size, story.length, "an attempt is told twice");
  for (const id of asked)
    assert.ok(
      story.some(({ attemptId }) => attemptId === id),
      `${id} is not told`,
    );
  // A decision that could not be stored has no story.
  const untold = error?.message === "full" && story.length === 0;
  const last = story.filter((fact) => fact.last).map(({ ordinal }) => ordinal);
  if (!untold) assert.deepEqual(last, [story.length], "one attempt is the last");
  for (const [key, open] of health) assert.equal(open, 0, `the breaker of ${key} is still taken`);
}

test("whatever providers, judges, ledger and callers do: one answer or one error, no hold left, one story", async () => {
  const rejections: unknown[] = [];
  const note = (reason: unknown): void => {
    rejections.push(reason);
  };
  process.on("unhandledRejection", note);
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const round = await play(seed);
    try {
      inspectAnswer(round);
      inspectTraces(round);
    } catch (cause) {
      const story = storyOf(round).map(({ attemptId, outcome, next, last }) => [attemptId, outcome, next, last]);
      throw new Error(`round ${seed}: ${SluiceError.from(cause).message} ${JSON.stringify(story)}`, { cause });
    }
  }
  process.off("unhandledRejection", note);
  assert.deepEqual(rejections, []);
});
