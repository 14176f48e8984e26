import assert from "node:assert/strict";
import { test } from "node:test";
import { selectTargets, TARGETS } from "../targets.ts";
import { checkSharedLog } from "./one-log.ts";

const check = (kind: "embedded" | "jetstream", names: string) =>
  checkSharedLog({ kind, modules: selectTargets([names]), all: TARGETS });
const EVERYTHING = TARGETS.map(({ name }) => name).join(",");

test("a part of the services cannot share an embedded log with another process", () => {
  assert.throws(() => check("embedded", "ingress,router,validator"), {
    code: "invalid_request",
    message: /bus\.kind is embedded.*provider-adapter, ledger, identity, quality-monitor would run.*jetstream/,
  });
  assert.throws(() => check("embedded", EVERYTHING.replace("ledger,", "")), /but ledger would run in another one/);
});

test("all services, the simulator alone, and any part on JetStream are fine", () => {
  check("embedded", EVERYTHING);
  check("embedded", EVERYTHING.replace("simulator,", ""));
  check("embedded", "simulator");
  check("jetstream", "ingress,router,validator");
});
