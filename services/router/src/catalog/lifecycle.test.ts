import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import type { Lifecycle } from "@sluice/proto/common/v1/lifecycle";
import { CatalogModel, RetiredModel } from "@sluice/proto/provider/v1/provider_service";
import { indexCatalog } from "./catalog.ts";
import { resolveModel } from "./resolve-model.ts";

const ends = (shutdownOn: string, replacement = ""): Lifecycle => ({
  deprecatedOn: "2026-01-01",
  shutdownOn,
  replacement,
});
const model = (provider: string, name: string, lifecycle?: Lifecycle) =>
  CatalogModel.fromPartial({ provider, model: name, available: true, lifecycle });
const catalog = indexCatalog(
  [
    model("a", "new"),
    model("a", "ageing", ends("2026-12-01", "new")),
    model("a", "ended", ends("2026-11-01", "new")),
    model("a", "ended-first", ends("2026-10-01", "ended")),
    model("a", "orphan", ends("2026-10-01")),
    model("b", "other"),
  ],
  ["a", "b"],
  [RetiredModel.fromPartial({ provider: "a", model: "ancient", lifecycle: ends("2024-01-01", "new") })],
);

interface Rules {
  readonly migrations?: Readonly<Record<string, string>>;
  readonly ended?: "refuse" | "follow" | "try";
}

function asked(name: string, { migrations = {}, ended = "refuse" }: Rules = {}, aliases = {}) {
  const lifecycle = { today: "2026-11-01", migrations, ended };
  const { candidates, excluded } = resolveModel(name, { aliases, rule: undefined, lifecycle }, catalog);
  return {
    served: candidates.map(({ provider, model: id, warnings }) => [`${provider}/${id}`, warnings ?? []]),
    excluded,
  };
}

function refusal(name: string, rules?: Rules): SluiceError {
  try {
    asked(name, rules);
  } catch (error) {
    return SluiceError.from(error);
  }
  throw new Error(`${name} was served`);
}

test("a model whose end is announced serves, with a warning that names the day and the replacement", () => {
  assert.deepEqual(asked("a/ageing").served, [
    ["a/ageing", ["a/ageing is deprecated and will be shut down on 2026-12-01; its provider names a/new instead"]],
  ]);
  assert.deepEqual(asked("a/new").served, [["a/new", []]]);
});

test("a model that has ended is refused, and its replacement named; also one that has left the catalogue", () => {
  for (const name of ["a/ended", "ended", "a/ancient", "ancient"]) {
    const error = refusal(name);
    assert.equal(error.code, "not_found");
    assert.match(error.message, /was shut down on 20\d\d-\d\d-\d\d; a names a\/new instead\. .*router\.migrations/);
    assert.equal(error.details.param, "model");
  }
  assert.match(refusal("a/orphan").message, /^a\/orphan was shut down on 2026-10-01\. Ask for another model/);
});

test("a rule says what serves instead, before what the provider proposes; replacements may have ended too", () => {
  const migrations = { "a/ended": "b/other" };
  assert.deepEqual(asked("a/ended", { migrations }).served, [
    ["b/other", ["a/ended was shut down on 2026-11-01: b/other serves instead, by router.migrations"]],
  ]);
  const chained = asked("a/ended-first", { migrations, ended: "follow" }).served;
  assert.deepEqual(
    chained.map(([name]) => name),
    ["b/other"],
  );
  assert.equal(chained[0]?.[1]?.length, 2);
  assert.deepEqual(
    asked("a/ended", { ended: "follow" }).served.map(([name]) => name),
    ["a/new"],
  );
  assert.match(
    refusal("a/ended", { migrations: { "a/ended": "a/ended-first", "a/ended-first": "a/ended" } }).message,
    /circle/,
  );
  assert.match(refusal("a/ended", { migrations: { "a/ended": "a/unheard-of" } }).message, /a names a\/new instead/);
});

test("where the provider is known to have stayed longer, an ended model can be tried all the same", () => {
  assert.deepEqual(asked("a/ended", { ended: "try" }).served, [
    ["a/ended", ["a/ended was shut down on 2026-11-01; a names a/new instead"]],
  ]);
});

test("among several targets the ended one is left out with the reason", () => {
  const { served, excluded } = asked("mix", {}, { mix: ["a/ended", "b/other"] });
  assert.deepEqual(served, [["b/other", []]]);
  assert.deepEqual(excluded, [
    { provider: "a", model: "ended", reason: "was shut down on 2026-11-01; a names a/new instead" },
  ]);
});

test("a rule holds for a model that has left the catalogue too", () => {
  const migrations = { "a/ancient": "b/other" };
  const served = [["b/other", ["a/ancient was shut down on 2024-01-01: b/other serves instead, by router.migrations"]]];
  for (const name of ["a/ancient", "ancient"]) assert.deepEqual(asked(name, { migrations }).served, served);
  assert.deepEqual(asked("old", { migrations }, { old: ["a/ancient"] }).served, served);
  assert.deepEqual(
    asked("a/ancient", { ended: "follow" }).served.map(([name]) => name),
    ["a/new"],
  );
  assert.match(refusal("a/ancient", { ended: "try" }).message, /was shut down on 2024-01-01/);
});
