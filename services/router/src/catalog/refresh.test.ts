import assert from "node:assert/strict";
import { test } from "node:test";
import type { Logger } from "@sluice/platform/log";
import { CatalogModel, ListCatalogResponse } from "@sluice/proto/provider/v1/provider_service";
import { Catalog, type CatalogOptions } from "./catalog.ts";

/** A catalogue whose reads wait for `release` and tell what was true when they began. */
function slowCatalog() {
  const waiting: (() => void)[] = [];
  const state = { available: false, reads: 0 };
  const listCatalog = (): Promise<ListCatalogResponse> => {
    state.reads++;
    const models = [CatalogModel.fromPartial({ provider: "p", model: "m", available: state.available })];
    const answer = ListCatalogResponse.fromPartial({ version: String(state.reads), models, providers: ["p"] });
    return new Promise((resolve) => waiting.push(() => resolve(answer)));
  };
  const provider = { listCatalog } as unknown as CatalogOptions["provider"];
  const catalog = new Catalog({ provider, refreshMs: 60_000, log: {} as Logger });
  const release = () => {
    for (const answer of waiting.splice(0)) answer();
  };
  return { catalog, state, release };
}

test("a credential stored while a read is under way is known to whoever asks afterwards", async () => {
  const { catalog, state, release } = slowCatalog();
  const early = catalog.refresh();
  state.available = true;
  const afresh = [catalog.refreshAfresh(), catalog.refreshAfresh()];
  release();
  await early;
  assert.equal((await catalog.snapshot()).find("p", "m")?.available, false);
  while (state.reads < 2) await new Promise((resolve) => setImmediate(resolve));
  release();
  await Promise.all(afresh);
  assert.equal((await catalog.snapshot()).find("p", "m")?.available, true);
  assert.equal(state.reads, 2, "those who wait share one read");
});
