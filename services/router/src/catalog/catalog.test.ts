import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { CatalogModel } from "@sluice/proto/provider/v1/provider_service";
import { type RouteRule, routeRule, type Targets } from "../config-routes.ts";
import { indexCatalog } from "./catalog.ts";
import { listModels } from "./list-models.ts";
import { resolveModel } from "./resolve-model.ts";

const model = (provider: string, name: string, more: Partial<CatalogModel> = {}) =>
  CatalogModel.fromPartial({ provider, model: name, available: true, ...more });
const catalog = indexCatalog(
  [
    model("a", "one", { aliases: ["one-2026"] }),
    model("b", "one", { available: false }),
    model("b", "two", { available: false }),
    model("sim", "small", { simulated: true, variants: true }),
  ],
  ["a", "b", "sim", "local"],
);
const lifecycle = { today: "2026-11-01", migrations: {}, ended: "refuse" as const };
const names = (asked: string, aliases: Record<string, Targets> = {}) =>
  resolveModel(asked, { aliases, rule: undefined, lifecycle }, catalog).candidates.map(
    ({ provider, model: name }) => `${provider}/${name}`,
  );
const refusal = (asked: string, aliases: Record<string, Targets> = {}) => {
  try {
    names(asked, aliases);
  } catch (error) {
    return SluiceError.from(error);
  }
  throw new Error(`${asked} was found`);
};

test("a full name is pinned, also by another name of the model and as a variant", () => {
  assert.deepEqual(names("a/one"), ["a/one"]);
  assert.deepEqual(names("a/one-2026"), ["a/one"]);
  assert.deepEqual(names("sim/small+cut=3"), ["sim/small+cut=3"]);
  assert.equal(resolveModel("a/one", { aliases: {}, rule: undefined, lifecycle }, catalog).strategy, "pinned");
});

test("a bare name finds the model whose provider has a credential", () => {
  assert.deepEqual(names("one"), ["a/one"]);
});

test("a simulated model is found by its full name only", () => {
  assert.equal(refusal("small").code, "not_found");
  assert.equal(refusal("small+cut=3").code, "not_found");
});

test("a missing credential is said, never replaced by a simulated answer", () => {
  const error = refusal("b/two");
  assert.equal(error.code, "credential_missing");
  assert.match(error.message, /sluice secrets set b/);
  assert.equal(error.details.facts?.["not_started"], "true");
});

test("an alias stands for its target, and a wrong target names the configuration key", () => {
  assert.deepEqual(names("fast", { fast: ["a/one"] }), ["a/one"]);
  assert.match(refusal("fast", { fast: ["a/none"] }).message, /router\.aliases/);
});

test("an unknown name says what is known", () => {
  assert.match(refusal("c/x").message, /known are a, b, sim/);
  assert.match(refusal("a/x").message, /this model of it is not/);
  assert.match(refusal("local/x").message, /list its models under provider_adapter\.providers\.local\.models/);
  assert.match(refusal("nothing").message, /GET \/v1\/models/);
  assert.ok(refusal("x".repeat(5000)).message.length < 400);
  assert.ok(refusal(`${"x".repeat(5000)}/y`).message.length < 400);
  assert.equal(refusal("__proto__").code, "not_found");
});

test("models and aliases are listed in order", () => {
  const listed = listModels(catalog, { fast: ["a/one"] });
  assert.deepEqual(
    listed.map(({ name }) => name),
    ["a/one", "b/one", "b/two", "fast", "sim/small"],
  );
  assert.equal(listed.find(({ name }) => name === "fast")?.available, true);
});

test("an alias of a variant is listed as what it is, one that is spelled like a model is listed once", () => {
  const listed = listModels(catalog, { slow: ["a/none", "sim/small+delay=5"], "b/one": ["a/one"] });
  const slow = listed.find(({ name }) => name === "slow");
  assert.deepEqual([slow?.available, slow?.simulated, slow?.provider], [true, true, "sim"]);
  const named = listed.filter(({ name }) => name === "b/one");
  assert.deepEqual(
    named.map(({ targets }) => targets),
    [["a/one"]],
  );
});

test("a list with weights is weighted; a target that is unknown or has no credential is left out with the reason", () => {
  const targets: Targets = [{ model: "a/one", weight: 3 }, "b/two", "a/none"];
  const resolved = resolveModel("mix", { aliases: { mix: targets }, rule: undefined, lifecycle }, catalog);
  assert.equal(resolved.strategy, "weighted");
  assert.deepEqual(
    resolved.candidates.map(({ model: name, weight }) => [name, weight]),
    [["one", 3]],
  );
  assert.deepEqual(
    resolved.excluded.map(({ model: name, reason }) => [name, reason]),
    [
      ["none", "not in the model catalogue"],
      ["two", "no credential is stored"],
    ],
  );
});

test("a route rule's targets and strategy stand before the alias's", () => {
  const rule: RouteRule = routeRule.parse({ models: ["fast"], targets: ["sim/small", "a/one"], strategy: "pinned" });
  const resolved = resolveModel("fast", { aliases: { fast: ["a/one"] }, rule, lifecycle }, catalog);
  assert.equal(resolved.strategy, "pinned");
  assert.deepEqual(
    resolved.candidates.map(({ provider }) => provider),
    ["sim", "a"],
  );
});
