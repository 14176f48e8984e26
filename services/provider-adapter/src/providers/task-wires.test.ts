import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { ABILITIES, type TaskKind, valuesOf } from "@sluice/platform/tasks";
import { TaskRequest as Task, type TaskRequest } from "@sluice/proto/tasks/v1/tasks";
import type { MappedResult, MappedTask } from "../provider-tasks.ts";
import { PROVIDERS } from "./registry.ts";

type Asked = Parameters<typeof Task.fromPartial>[0];

/** A request mapped for a model of a built-in provider. */
function mapped(provider: string, model: string, request: Asked): MappedTask {
  const made = PROVIDERS[provider]?.({ baseUrl: undefined, abandon: undefined }) ?? assert.fail(provider);
  const entry = made.models.find(({ id }) => id === model) ?? assert.fail(`${provider} has no ${model}.`);
  const map = made.mapTask ?? assert.fail(`${provider} serves chats only.`);
  return map(Task.fromPartial(request), model, entry);
}

function read(task: MappedTask, body: unknown, type = "application/json"): MappedResult {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  return task.read({ status: 200, headers: { "content-type": type }, body: bytes });
}

const bodyOf = ({ body }: MappedTask): Record<string, unknown> => JSON.parse(String(body)) as Record<string, unknown>;
const fixture = (provider: string, name: string): string =>
  readFileSync(join(import.meta.dirname, provider, "fixtures", name), "utf8");
const texts = (...values: string[]) => values.map((value) => ({ kind: { $case: "text" as const, value } }));
const vectors = ({ result }: MappedResult): number[][] =>
  result?.result?.$case === "embeddings" ? result.result.value.vectors.map((vector) => [...valuesOf(vector)]) : [];
const places = ({ result }: MappedResult): number[] =>
  result?.result?.$case === "rerank" ? result.result.value.documents.map(({ index }) => index) : [];
const codeOf = (run: () => unknown): string => {
  try {
    run();
    return "";
  } catch (error) {
    return SluiceError.from(error).code;
  }
};

test("Voyage has its own words for length and number", () => {
  const asked = mapped("voyage", "voyage-4", {
    userLabel: "u",
    task: { $case: "embeddings", value: { inputs: texts("one", "two"), dimensions: 2, purpose: "query" } },
  });
  assert.deepEqual(bodyOf(asked), {
    model: "voyage-4",
    input: ["one", "two"],
    output_dimension: 2,
    input_type: "query",
  });
  const answer = read(asked, fixture("voyage", "embeddings.json"));
  assert.deepEqual(vectors(answer), [
    [0.25, -0.5],
    [0.125, 1],
  ]);
  assert.equal(answer.usage?.inputTokens, 7n);
  const order = mapped("voyage", "rerank-2.5", {
    task: { $case: "rerank", value: { query: "q", documents: ["a", "b"], topN: 2 } },
  });
  assert.equal(bodyOf(order)["top_k"], 2);
  const ranked = read(order, fixture("voyage", "rerank.json"));
  assert.deepEqual([places(ranked), ranked.usage?.inputTokens], [[1, 0], 21n]);
});

test("Cohere is asked by its own wire, and told what the vectors are for", () => {
  const asked = mapped("cohere", "embed-v4.0", {
    task: { $case: "embeddings", value: { inputs: texts("one", "two"), dimensions: 2, purpose: "query" } },
  });
  assert.equal(asked.path, "/v2/embed");
  assert.deepEqual(bodyOf(asked), {
    embedding_types: ["float"],
    model: "embed-v4.0",
    texts: ["one", "two"],
    input_type: "search_query",
    output_dimension: 2,
  });
  const answer = read(asked, fixture("cohere", "embeddings.json"));
  assert.deepEqual([vectors(answer).length, answer.usage?.inputTokens], [2, 7n]);
  const silent = mapped("cohere", "embed-v4.0", { task: { $case: "embeddings", value: { inputs: texts("one") } } });
  assert.equal(silent.warnings.length, 1);
  const order = mapped("cohere", "rerank-v3.5", {
    task: { $case: "rerank", value: { query: "q", documents: ["a", "b"], maxTokensPerDocument: 9 } },
  });
  assert.deepEqual(bodyOf(order), { model: "rerank-v3.5", query: "q", documents: ["a", "b"], max_tokens_per_doc: 9 });
  const ranked = read(order, fixture("cohere", "rerank.json"));
  assert.deepEqual([places(ranked), ranked.usage?.searches, ranked.usage?.inputTokens], [[1, 0], 1n, undefined]);
});

test("Gemini is asked for each text apart, in one request", () => {
  const asked = mapped("gemini", "gemini-embedding-001", {
    task: { $case: "embeddings", value: { inputs: texts("one", "two"), dimensions: 2, purpose: "document" } },
  });
  assert.equal(asked.path, "/models/gemini-embedding-001:batchEmbedContents");
  const each = { taskType: "RETRIEVAL_DOCUMENT", outputDimensionality: 2, model: "models/gemini-embedding-001" };
  assert.deepEqual(bodyOf(asked), {
    requests: ["one", "two"].map((text) => ({ ...each, content: { parts: [{ text }] } })),
  });
  const answer = read(asked, { embeddings: [{ values: [1, 2] }, { values: [3, 4] }] });
  assert.deepEqual([vectors(answer).length, answer.usage], [2, undefined]);
});

test("what a provider does not serve is refused before it is asked, so that another may", () => {
  const speech = { task: { $case: "speech" as const, value: { input: "x", voice: "v" } } };
  assert.equal(
    codeOf(() => mapped("voyage", "voyage-4", speech)),
    "upstream_invalid_request",
  );
  const tokens = [{ kind: { $case: "tokens" as const, value: { ids: [1] } } }];
  for (const [provider, model] of [
    ["voyage", "voyage-4"],
    ["cohere", "embed-v4.0"],
    ["gemini", "gemini-embedding-001"],
    ["mistral", "mistral-embed"],
  ] as const) {
    const asked = { task: { $case: "embeddings" as const, value: { inputs: tokens } } };
    assert.equal(
      codeOf(() => mapped(provider, model, asked)),
      "upstream_invalid_request",
      provider,
    );
  }
});

test("images are billed apart from words, in and out", () => {
  const asked = mapped("openai", "gpt-image-1", {
    extraJson: '{"background":"opaque"}',
    task: { $case: "image", value: { prompt: "a cat", n: 2, quality: "low", responseFormat: "b64_json" } },
  });
  const body = bodyOf(asked);
  assert.deepEqual(body, { background: "opaque", model: "gpt-image-1", prompt: "a cat", n: 2, quality: "low" });
  const usage = {
    input_tokens: 50,
    input_tokens_details: { text_tokens: 10, image_tokens: 40 },
    output_tokens: 544,
  };
  const answer = read(asked, { created: 5, data: [{ b64_json: "AA==" }, { b64_json: "AQ==" }], quality: "low", usage });
  const { inputTokens, inputImageTokens, outputTokens, outputImageTokens } = answer.usage ?? {};
  assert.deepEqual([inputTokens, inputImageTokens, outputTokens, outputImageTokens], [10n, 40n, undefined, 544n]);
  assert.ok(answer.result?.result?.$case === "image");
  assert.equal(answer.result.result.value.extraJson, '{"quality":"low"}');
  const url = { task: { $case: "image" as const, value: { prompt: "a cat", responseFormat: "url" } } };
  assert.equal(
    codeOf(() => mapped("openai", "gpt-image-1", url)),
    "upstream_invalid_request",
  );
});

test("speech is read whole, and from events where only they tell what it took", () => {
  const asked = (model: string) =>
    mapped("openai", model, { task: { $case: "speech", value: { input: "hi", voice: "alloy", format: "wav" } } });
  const plain = read(asked("tts-1"), Buffer.from("RIFFsound"), "audio/wav");
  assert.ok(plain.result?.result?.$case === "speech");
  assert.deepEqual([plain.result.result.value.mimeType, plain.usage], ["audio/wav", undefined]);
  assert.equal(bodyOf(asked("tts-1"))["stream_format"], undefined);
  const events = asked("gpt-4o-mini-tts");
  assert.equal(bodyOf(events)["stream_format"], "sse");
  const stream = [
    { type: "speech.audio.delta", audio: Buffer.from("RIFF").toString("base64") },
    { type: "speech.audio.delta", audio: Buffer.from("sound").toString("base64") },
    { type: "speech.audio.done", usage: { input_tokens: 4, output_tokens: 30 } },
  ].map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`);
  const whole = read(events, stream.join(""), "text/event-stream");
  assert.ok(whole.result?.result?.$case === "speech");
  assert.equal(Buffer.from(whole.result.result.value.audio).toString(), "RIFFsound");
  assert.deepEqual([whole.usage?.inputTokens, whole.usage?.outputAudioTokens], [4n, 30n]);
  assert.throws(() => read(events, stream.slice(0, 2).join(""), "text/event-stream"), /before its sound was complete/);
  assert.throws(() => read(asked("tts-1"), "<html>", "text/html"), /a page, not sound/);
});

test("a recording goes out as a form, and its text is read in every form", async () => {
  const asked = (model: string, responseFormat = "") =>
    mapped("openai", model, {
      task: {
        $case: "transcription",
        value: {
          audio: Buffer.from("RIFF\r\n--sound"),
          fileName: 'a"b.wav',
          mimeType: "audio/wav",
          responseFormat,
          timestampGranularities: ["word", "segment"],
        },
      },
    });
  const { headers, body } = asked("whisper-1", "verbose_json");
  const form = await new Response(Buffer.from(body), { headers: { ...headers } }).formData();
  const file = form.get("file");
  assert.ok(file instanceof File);
  assert.deepEqual([file.name, file.type, await file.text()], ['a"b.wav', "audio/wav", "RIFF\r\n--sound"]);
  assert.deepEqual([form.get("model"), form.getAll("timestamp_granularities[]")], ["whisper-1", ["word", "segment"]]);
  const verbose = read(asked("whisper-1", "verbose_json"), { text: "hi", duration: 1.5, segments: [] });
  assert.equal(verbose.usage?.audioMs, 1_500n);
  assert.ok(verbose.result?.result?.$case === "transcription");
  assert.deepEqual(JSON.parse(verbose.result.result.value.body), { text: "hi", duration: 1.5, segments: [] });
  const usage = { type: "tokens", input_tokens: 14, input_token_details: { text_tokens: 4 }, output_tokens: 3 };
  const tokens = read(asked("gpt-4o-transcribe"), { text: "hi", usage }).usage;
  assert.deepEqual([tokens?.inputTokens, tokens?.inputAudioTokens, tokens?.outputTokens], [4n, 10n, 3n]);
  const plain = read(asked("whisper-1", "srt"), "1\n00:00 --> 00:01\nhi\n", "text/plain");
  assert.ok(plain.result?.result?.$case === "transcription");
  assert.equal(plain.usage, undefined);
  assert.match(plain.result.result.value.body, /-->/);
  assert.throws(() => read(asked("whisper-1"), { nothing: true }), /has no text/);
});

/** Every kind that some model is listed for is mapped by its provider. */
test("every model beside chat can be asked", () => {
  const asks: Readonly<Record<TaskKind, TaskRequest["task"]>> = {
    embeddings: Task.fromPartial({ task: { $case: "embeddings", value: { inputs: texts("x") } } }).task,
    rerank: Task.fromPartial({ task: { $case: "rerank", value: { query: "q", documents: ["d"] } } }).task,
    moderation: Task.fromPartial({ task: { $case: "moderation", value: { inputs: texts("x") } } }).task,
    image: Task.fromPartial({ task: { $case: "image", value: { prompt: "x" } } }).task,
    speech: Task.fromPartial({ task: { $case: "speech", value: { input: "x", voice: "v" } } }).task,
    transcription: Task.fromPartial({ task: { $case: "transcription", value: { audio: new Uint8Array(1) } } }).task,
  };
  let asked = 0;
  for (const [name, make] of Object.entries(PROVIDERS)) {
    for (const model of make({ baseUrl: undefined, abandon: undefined }).models) {
      for (const [kind, task] of Object.entries(asks)) {
        if (!model.capabilities.includes(ABILITIES[kind as TaskKind]) || task === undefined) continue;
        assert.ok(mapped(name, model.id, { task }).path.startsWith("/"), `${name}/${model.id}`);
        asked++;
      }
    }
  }
  assert.ok(asked >= 50, `${asked} models`);
});
