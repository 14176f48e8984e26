import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { TaskRequest } from "@sluice/proto/tasks/v1/tasks";
import { embeddingsBody } from "../../services/ingress/src/endpoints/embeddings/response.ts";
import { moderationBody } from "../../services/ingress/src/endpoints/moderations/response.ts";
import { modelOf } from "../../services/provider-adapter/src/providers/models.ts";
import { PROVIDERS } from "../../services/provider-adapter/src/providers/registry.ts";
import { readOpenAiSpec } from "./openai-spec.ts";

/** What providers were recorded to answer beside chats, printed by the door, is what OpenAI's specification says. */

const FIXTURES = join(import.meta.dirname, "../../../shared/fixtures");
const specification = readOpenAiSpec();
const skip =
  specification === undefined ? "the recordings and OpenAI's specification are not beside the repository" : false;

type Asked = Parameters<typeof TaskRequest.fromPartial>[0];

function resultsOf(api: string, asked: Asked, providers: readonly string[]) {
  return providers.flatMap((provider) => {
    const folder = join(FIXTURES, provider);
    const made = PROVIDERS[provider]?.({ baseUrl: undefined, abandon: undefined });
    if (made?.mapTask === undefined || !existsSync(folder)) return [];
    const { read } = made.mapTask(TaskRequest.fromPartial(asked), "m", modelOf(provider, { id: "m" }));
    return readdirSync(folder).flatMap((file) => {
      const recorded = JSON.parse(readFileSync(join(folder, file), "utf8")) as {
        readonly api: string;
        readonly response: { readonly status: number; readonly body: unknown };
      };
      if (recorded.api !== api || recorded.response.status !== 200) return [];
      const body = Buffer.from(JSON.stringify(recorded.response.body));
      return [
        { file: `${provider}/${file}`, recorded: recorded.response.body, ...read({ status: 200, headers: {}, body }) },
      ];
    });
  });
}

test("recorded embeddings, as numbers and as base64", { skip }, () => {
  const value = {
    inputs: [{ kind: { $case: "text" as const, value: "x" } }, { kind: { $case: "text" as const, value: "y" } }],
  };
  const found = resultsOf("embeddings", { task: { $case: "embeddings", value } }, [
    ...["openai", "azure", "mistral", "voyage", "cohere", "gemini", "openrouter"],
  ]);
  assert.ok(found.length >= 18, `${found.length} recordings`);
  for (const { file, result, usage } of found) {
    assert.ok(result?.result?.$case === "embeddings", file);
    const about = { model: result.model || "m", usage };
    specification?.check("CreateEmbeddingResponse", embeddingsBody(result.result.value, { ...about, base64: false }));
    const encoded = embeddingsBody(result.result.value, { ...about, base64: true }) as {
      data: { embedding: string }[];
    };
    for (const { embedding } of encoded.data) {
      const bytes = Buffer.from(embedding, "base64").length;
      assert.ok(bytes > 0 && bytes % 4 === 0, file);
    }
  }
});

test("recorded moderations come out as they came", { skip }, () => {
  const value = { inputs: [{ kind: { $case: "text" as const, value: "x" } }] };
  const found = resultsOf("moderation", { task: { $case: "moderation", value } }, ["openai"]);
  assert.ok(found.length >= 3, `${found.length} recordings`);
  for (const { file, result, recorded } of found) {
    assert.ok(result?.result?.$case === "moderation", file);
    const printed = moderationBody(result.result.value, { id: result.id, model: result.model });
    const { results } = recorded as { results: Record<string, unknown>[] };
    const wanted: readonly Record<string, unknown>[] = results;
    for (const [index, entry] of (printed as { results: Record<string, unknown>[] }).results.entries()) {
      for (const field of ["flagged", "categories", "category_scores"]) {
        assert.deepEqual(entry[field], wanted[index]?.[field], `${file}: ${field}`);
      }
      const applied = wanted[index]?.["category_applied_input_types"];
      if (applied !== undefined) specification?.check("CreateModerationResponse", printed);
    }
  }
});
