import assert from "node:assert/strict";
import { test } from "node:test";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { CallScope } from "./call-scope.ts";
import { DoorSecret } from "./door-secret.ts";
import { encodeMessage } from "./encode.ts";
import { cancelledCall, lateCall } from "./failures.ts";
import { bind, HealthDefinition, openLocalChannel } from "./index.ts";

test("a scope's signal aborts once, also when first asked for after the abort", () => {
  const scope = new CallScope({}, undefined);
  scope.abort(lateCall("/x"));
  scope.abort(cancelledCall("/x"));
  assert.equal(scope.signal.aborted, true);
  assert.equal(scope.signal.reason.code, "timeout");
  assert.equal(scope.open, false);

  const answered = new CallScope({}, 5);
  answered.finish();
  answered.abort(cancelledCall("/x"));
  assert.equal(answered.signal.aborted, false);
  assert.equal(answered.deadlineAt, 5);
});

test("a contract with two owners or a streamed request is refused", () => {
  const health = bind(HealthDefinition, { check: async () => ({ status: 1 }), watch: async function* () {} });
  assert.throws(() => openLocalChannel({ services: [health, health] }), /grpc.health.v1.Health has two owners/);
  const { check } = HealthDefinition.methods;
  const upward = { ...HealthDefinition, methods: { check: { ...check, requestStream: true } } };
  assert.throws(() => bind(upward, { check: async () => ({ status: 1 }) }), /streams its request/);
  assert.throws(
    () => openLocalChannel({ services: [{ definition: HealthDefinition, implementation: {} }] }),
    /not implemented/,
  );
});

test("the shared writer survives a message that cannot be encoded and one that is huge", () => {
  const text = (value: string) => ({
    encode: (_: unknown, writer = new BinaryWriter()) => writer.uint32(10).string(value),
    decode: () => ({}),
  });
  const broken = {
    encode: (_: unknown, writer = new BinaryWriter()) => {
      writer.uint32(10).string("half");
      throw new Error("broken");
    },
    decode: () => ({}),
  };
  assert.throws(() => encodeMessage(broken, {}), /broken/);
  assert.equal(encodeMessage(text("x".repeat(1_000_000)), {}).length, 1_000_004);
  const first = encodeMessage(text("a"), {});
  encodeMessage(text("b"), {});
  assert.deepEqual([...first], [10, 1, 97]);
});

test("the health codec reads names and what it does not know", () => {
  const { requestType } = HealthDefinition.methods.check;
  const roundTrip = (service: string): string => requestType.decode(requestType.encode({ service }).finish()).service;
  assert.equal(roundTrip(""), "");
  assert.equal(roundTrip("sluice.router.v1.RouterService"), "sluice.router.v1.RouterService");
  assert.equal(requestType.decode(Uint8Array.of(0x12, 1, 65)).service, "?");
});

test("a door's secret is compared as a whole", () => {
  const door = new DoorSecret("0123456789abcdef");
  assert.equal(door.refuse("Bearer 0123456789abcdef"), undefined);
  for (const given of [
    undefined,
    "",
    "Bearer ",
    "Bearer 0123456789abcdeX",
    "bearer 0123456789abcdef",
    "Bearer 0123456789abcdef ",
  ]) {
    assert.equal(door.refuse(given)?.code, "unauthenticated");
  }
});
