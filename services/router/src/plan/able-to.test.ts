import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import type { CatalogModel } from "@sluice/proto/provider/v1/provider_service";
import { indexCatalog } from "../catalog/catalog.ts";
import type { ResolvedCandidate } from "../catalog/resolve-model.ts";
import { candidate } from "../testing/fakes.ts";
import { ableTo } from "./able-to.ts";

const chatting = { ...candidate("chatting"), capabilities: ["tools"] };
const embedding = { ...candidate("embedding"), capabilities: ["embeddings"] };
const catalog = indexCatalog([chatting, embedding], ["a"]);
const asCandidate = (entry: CatalogModel): ResolvedCandidate => ({ ...entry, weight: 1, entry });
const plan = (ability: string, ...models: CatalogModel[]) =>
  ableTo(ability, models.map(asCandidate), { catalog, chat: { model: "asked" } });

test("of candidates of both kinds those that can stay, and the others are told of", () => {
  const { kept, excluded } = plan("embeddings", chatting, embedding);
  assert.deepEqual(
    kept.map(({ model }) => model),
    ["embedding"],
  );
  assert.deepEqual(excluded, [{ provider: "a", model: "chatting", reason: "does not do embeddings" }]);
});

test("a model of the wrong kind is an error that names models of the right one", () => {
  const refused = (run: () => unknown): string => {
    try {
      run();
      return "";
    } catch (error) {
      const { code, message, details } = SluiceError.from(error);
      assert.deepEqual([code, details.param], ["invalid_request", "model"]);
      return message;
    }
  };
  assert.match(
    refused(() => plan("embeddings", chatting)),
    /does not do embeddings; models that do are a\/embedding\./,
  );
  assert.match(
    refused(() => plan("chat", embedding)),
    /does not do chat; models that do are a\/chatting\./,
  );
  assert.match(
    refused(() => plan("rerank", embedding)),
    /no model with a credential does/,
  );
});
