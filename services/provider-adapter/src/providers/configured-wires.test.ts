import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openSse, startUpstream } from "../testing/upstream.ts";
import { attemptOf, chatOf, readAll, startWorld } from "../testing/world.ts";

/** Where each wire asks for a stream, and the header that carries the key. */
const WIRES = {
  openai: { path: "/base/chat/completions", header: "authorization" },
  anthropic: { path: "/base/messages", header: "x-api-key" },
  gemini: { path: "/base/models/m-1:streamGenerateContent?alt=sse", header: "x-goog-api-key" },
} as const;
const SECRET = "wire-secret-0123456789";

for (const wire of ["openai", "anthropic", "gemini"] as const) {
  test(`a provider added by configuration speaks ${wire}: its path, query and key arrive as they are`, async () => {
    const upstream = await startUpstream();
    const base_url = `${upstream.url}/base`;
    const world = await startWorld({ providers: { added: { wire, base_url, models: ["m-1"] } } });
    try {
      const events = readFileSync(join(import.meta.dirname, wire, "fixtures", "text.sse"), "utf8");
      upstream.script = (response) => {
        openSse(response);
        response.end(events);
      };
      await world.client.putCredential({ provider: "added", secret: SECRET });
      const got = await readAll(world.client.generate(attemptOf("added", chatOf("hi", { stream: true }))));
      assert.equal(got.text, "Grüße from a fixture.");
      const [seen] = upstream.seen;
      assert.equal(seen?.path, WIRES[wire].path);
      assert.match(String(seen.headers[WIRES[wire].header]), new RegExp(SECRET));
    } finally {
      await world.close();
      await upstream.close();
    }
  });
}

test("a model of one's own that is billed by the search is so by a hundred documents", async () => {
  const models = [{ id: "ranker", capabilities: ["rerank"], billed_by: "searches" as const }];
  const world = await startWorld({ providers: { added: { base_url: "http://127.0.0.1:9/v1", models } } });
  try {
    const { models: all } = await world.client.listCatalog({ knownVersion: "" });
    const found = all.find(({ provider }) => provider === "added");
    assert.deepEqual([found?.taskBound?.unit, found?.taskBound?.documentsPerSearch], ["searches", 100]);
  } finally {
    await world.close();
  }
});
