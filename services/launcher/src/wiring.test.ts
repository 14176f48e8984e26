import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { createLogger } from "@sluice/platform/log";
import { bind, createClient, startGrpcServer } from "@sluice/platform/rpc";
import { QualityServiceDefinition } from "@sluice/proto/quality/v1/quality_service";
import { ownerOf, selectTargets, TARGETS } from "./targets.ts";
import { Wiring } from "./wiring.ts";

const SECRET = "a secret of at least thirty-two characters";
const log = createLogger({ level: "silent", service: "launcher" });
const service = bind(QualityServiceDefinition, { counts: async () => ({ minutes: [] }) });
const wiring = (here: readonly string[], addresses: Record<string, string> = {}) =>
  new Wiring({ here: new Set(here), addresses, secret: SECRET, maxMessageBytes: 1_000_000, log });
const ask = (from: Wiring) =>
  createClient(QualityServiceDefinition, from.channelFor(QualityServiceDefinition.fullName)).counts({
    tenantId: "",
    fromMs: 0n,
    toMs: 0n,
    model: "",
  });
const code = async (asked: Promise<unknown>) =>
  asked.then(
    () => "ok",
    (error: unknown) => SluiceError.from(error).code,
  );

test("a contract whose owner runs here is reached in the process, once the owner has started", async () => {
  const local = wiring(["quality-monitor"]);
  const before = ask(local);
  assert.equal(await code(before), "unavailable");
  local.serve("quality-monitor", [service]);
  assert.deepEqual(await ask(local), { minutes: [] });
  await local.close();
});

test("a contract whose owner runs elsewhere is reached by its address", async () => {
  const server = await startGrpcServer({ services: [service], secret: SECRET });
  const remote = wiring(["router"], { "quality-monitor": server.address });
  assert.deepEqual(await ask(remote), { minutes: [] });
  await remote.close();
  await server.stop();
});

test("an owner elsewhere without an address is refused by the key that is missing", () => {
  const remote = wiring(["router"]);
  assert.throws(() => remote.channelFor(QualityServiceDefinition.fullName), /rpc\.addresses\.quality-monitor/);
});

test("services are chosen by name, in start order; unknown names are told with the known ones", () => {
  assert.deepEqual(
    selectTargets(["router, ledger", "router"]).map(({ name }) => name),
    ["ledger", "router"],
  );
  assert.throws(() => selectTargets(["routr"]), /Unknown service "routr"; known are .*router/);
  assert.throws(() => selectTargets([","]), /No service named/);
});

test("every contract that is called has exactly one owner", () => {
  const owned = TARGETS.flatMap(({ owns }) => owns.map(({ fullName }) => fullName));
  assert.equal(new Set(owned).size, owned.length);
  for (const { calls } of TARGETS) for (const { fullName } of calls) assert.ok(ownerOf(fullName) !== "");
});
