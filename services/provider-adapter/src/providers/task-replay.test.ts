import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ABILITIES, valuesOf } from "@sluice/platform/tasks";
import { TaskRequest } from "@sluice/proto/tasks/v1/tasks";
import type { MappedResult, MappedTask } from "../provider-tasks.ts";
import { modelOf } from "./models.ts";
import { PROVIDERS } from "./registry.ts";

const FIXTURES = join(import.meta.dirname, "../../../../../shared/fixtures");
const skip = existsSync(FIXTURES) ? false : "the recorded exchanges are not beside the repository";

interface Recorded {
  readonly name: string;
  readonly provider: string;
  readonly api: string;
  readonly request?: { readonly path: string; readonly body: Readonly<Record<string, unknown>> };
  readonly response: { readonly status: number; readonly body: Readonly<Record<string, unknown>> };
}

/** Recordings of an interface, of built-in providers that speak it as it was recorded. */
function recordings(apis: readonly string[], paths: RegExp): readonly Recorded[] {
  if (skip !== false) return [];
  return Object.keys(PROVIDERS).flatMap((provider) => {
    const folder = join(FIXTURES, provider);
    const made = PROVIDERS[provider]?.({ baseUrl: undefined, abandon: undefined });
    if (made?.mapTask === undefined || !existsSync(folder)) return [];
    return readdirSync(folder)
      .map((file) => ({
        ...(JSON.parse(readFileSync(join(folder, file), "utf8")) as Recorded),
        name: `${provider}/${file}`,
      }))
      .filter(({ api, response }) => apis.includes(api) && response.status === 200)
      .filter(({ request }) => request === undefined || paths.test(request.path));
  });
}

function mapped(provider: string, request: Parameters<typeof TaskRequest.fromPartial>[0]): MappedTask {
  const made = PROVIDERS[provider]?.({ baseUrl: undefined, abandon: undefined });
  const kind = request?.task?.$case === "rerank" ? ABILITIES.rerank : "";
  const entry = made?.models.find(({ capabilities }) => capabilities.includes(kind)) ?? modelOf(provider, { id: "m" });
  const map = made?.mapTask ?? assert.fail(`${provider} serves chats only.`);
  return map(TaskRequest.fromPartial(request), "m", entry);
}

function read(task: MappedTask, { response }: Recorded): MappedResult {
  return task.read({ status: response.status, headers: {}, body: Buffer.from(JSON.stringify(response.body)) });
}

const text = (value: string) => ({ kind: { $case: "text" as const, value } });

test("recorded vectors are read whole, with what they cost where that is said", { skip }, () => {
  const found = recordings(["embeddings"], /\/(?:embeddings|embed|.*:batchEmbedContents)$/).filter(
    // Their own interfaces, not those they share with others.
    ({ provider }) => provider !== "ollama" && provider !== "vertex",
  );
  assert.ok(found.length >= 12, `${found.length} recordings`);
  for (const recorded of found) {
    const { body } = recorded.response;
    const list = body["data"] ?? body["embeddings"];
    const wanted = Array.isArray(list) ? list.length : Object.values(list as Record<string, unknown[]>)[0]?.length;
    const inputs = Array.from({ length: wanted ?? 0 }, () => text("x"));
    const { result, usage } = read(
      mapped(recorded.provider, { task: { $case: "embeddings", value: { inputs } } }),
      recorded,
    );
    assert.ok(result?.result?.$case === "embeddings", recorded.name);
    const { vectors } = result.result.value;
    assert.equal(vectors.length, wanted, recorded.name);
    for (const vector of vectors) {
      const values = valuesOf(vector);
      assert.ok(values.length >= 5 && values.every(Number.isFinite), `${recorded.name}: ${values.length}`);
    }
    const silent = recorded.provider === "gemini" && body["usageMetadata"] === undefined;
    assert.equal(usage === undefined, silent, recorded.name);
  }
});

test("recorded orders of documents are read whole, with what they cost", { skip }, () => {
  const found = recordings(["rerank"], /\/rerank$/).filter(({ provider }) => provider !== "bedrock");
  assert.ok(found.length >= 5, `${found.length} recordings`);
  for (const recorded of found) {
    const task = mapped(recorded.provider, { task: { $case: "rerank", value: { query: "q", documents: ["a"] } } });
    const { result, usage } = read(task, recorded);
    assert.ok(result?.result?.$case === "rerank", recorded.name);
    const { documents } = result.result.value;
    const list = (recorded.response.body["results"] ?? recorded.response.body["data"]) as unknown[];
    assert.equal(documents.length, list.length, recorded.name);
    assert.ok(
      documents.every(({ score, index }) => Number.isFinite(score) && index >= 0),
      recorded.name,
    );
    assert.ok(
      documents.every(({ score }, at) => at === 0 || score <= (documents[at - 1]?.score ?? 0)),
      recorded.name,
    );
    assert.ok((usage?.searches ?? usage?.inputTokens ?? 0n) > 0n, recorded.name);
  }
});

test("what was recorded as a request is what would be sent", { skip }, () => {
  let compared = 0;
  for (const { provider, name, request } of recordings(
    ["embeddings"],
    /\/(?:embeddings|v2\/embed|.*:batchEmbedContents)$/,
  )) {
    if (request === undefined || provider === "azure") continue;
    const { body } = request;
    const given = body["input"] ?? body["texts"];
    if (!Array.isArray(given) && typeof given !== "string") continue;
    const inputs = [given].flat().map((value) => text(String(value)));
    const dimensions = body["dimensions"];
    const sent = JSON.parse(
      String(
        mapped(provider, {
          task: {
            $case: "embeddings",
            value: {
              inputs,
              base64: body["encoding_format"] === "base64",
              purpose: typeof body["input_type"] === "string" ? body["input_type"] : "",
              ...(typeof dimensions === "number" && { dimensions }),
            },
          },
        }).body,
      ),
    ) as Record<string, unknown>;
    for (const [field, value] of Object.entries(sent)) {
      if (field === "model") continue;
      const recorded: unknown = field === "input" ? [given].flat() : body[field];
      assert.deepEqual(value, recorded, `${name}: ${field}`);
    }
    compared++;
  }
  assert.ok(compared >= 6, `${compared} compared`);
});
