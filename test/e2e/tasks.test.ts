// shapes: embedded distributed
import assert from "node:assert/strict";
import OpenAI, { toFile } from "openai";
import { readOpenAiSpec } from "../contract/openai-spec.ts";
import type { System } from "../harness/system.ts";
import { billIsLedger } from "./support/bill-is-ledger.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";

const specification = readOpenAiSpec();
const client = (system: System, apiKey = system.apiKey): OpenAI =>
  new OpenAI({ baseURL: `${system.url}/v1`, apiKey, maxRetries: 0 });

/** Each kind's model, with the faults after which the next candidate serves. */
const MODELS = {
  reranker: ["503", "inband-error", "malformed", "empty", "bad-result=0", "bad-result=1", "bad-result=2"],
  moderator: ["503", "inband-error", "empty"],
  painter: ["503", "inband-error", "empty", "bad-result=0", "bad-result=1"],
  speaker: ["503", "inband-error", "empty", "cut"],
  listener: ["503", "inband-error", "malformed", "html"],
} as const;
const aliases = Object.fromEntries(
  Object.entries(MODELS).flatMap(([model, faults]) =>
    faults.map((fault) => [`${model}-${fault}`, [`sim/${model}+${fault}`, `sim/${model}`]]),
  ),
);

/** A second and a half of silence: 8,000 samples a second of 8 bits. */
function recording(): Buffer {
  const samples = 12_000;
  const file = Buffer.alloc(44 + samples, 0x80);
  file.write("RIFF", 0);
  file.writeUInt32LE(36 + samples, 4);
  file.write("WAVEfmt ", 8);
  for (const [at, value] of [
    [16, 16],
    [24, 8_000],
    [28, 8_000],
    [40, samples],
  ] as const)
    file.writeUInt32LE(value, at);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 1],
    [34, 8],
  ] as const)
    file.writeUInt16LE(value, at);
  file.write("data", 36);
  return file;
}

const sound = () => toFile(recording(), "silence.wav", { type: "audio/wav" });
type Ask = (system: System, model: string) => Promise<Response>;
const post =
  (path: string, body: object): Ask =>
  (system, model) =>
    fetch(`${system.url}/v1/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${system.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ model, ...body }),
    });

const documents = ["bread and butter", "the capital of France is Paris", "Oslo"];
const ASKS: Readonly<Record<keyof typeof MODELS, Ask>> = {
  reranker: post("rerank", { query: "capital of France", documents }),
  moderator: post("moderations", { input: ["hello", "I will kill you"] }),
  painter: post("images/generations", { prompt: "a cat", n: 2, quality: "low" }),
  speaker: post("audio/speech", { input: "hello", voice: "alloy" }),
  listener: async (system, model) =>
    await client(system)
      .audio.transcriptions.create({ model, file: await sound() })
      .asResponse(),
};

const rerank: Case = [
  "documents are ranked, as Cohere's and Jina's clients read it",
  async (system) => {
    const ask = post("rerank", { query: "capital of France", documents, top_n: 2, return_documents: true });
    const response = await ask(system, "sim/reranker");
    const body = (await response.json()) as {
      results: { index: number; relevance_score: number; document: { text: string } }[];
      usage: { total_tokens: number };
      meta: { billed_units: { input_tokens: number } };
    };
    assert.deepEqual(body.results.map(({ index }) => index).slice(0, 1), [1]);
    assert.equal(body.results[0]?.document.text, documents[1]);
    assert.equal(body.results.length, 2);
    const voyages = await post("rerank", { query: "capital of France", documents, top_k: 1 })(system, "sim/reranker");
    assert.equal(((await voyages.json()) as typeof body).results.length, 1);
    assert.ok(body.usage.total_tokens > 0 && body.usage.total_tokens === body.meta.billed_units.input_tokens);
  },
];

const moderation: Case = [
  "texts, lists and parts are judged, as OpenAI's specification has it",
  async (system) => {
    const model = "sim/moderator";
    const single = await client(system).moderations.create({ model, input: "hello" });
    specification?.check("CreateModerationResponse", single);
    assert.equal(single.results[0]?.flagged, false);
    const many = await client(system).moderations.create({ model, input: ["hello", "I will kill you"] });
    assert.deepEqual(
      many.results.map(({ flagged }) => flagged),
      [false, true],
    );
    const parts = await client(system).moderations.create({
      model,
      input: [
        { type: "text", text: "hello" },
        { type: "image_url", image_url: { url: "https://example.com/a.png" } },
      ],
    });
    assert.deepEqual(parts.results[0]?.category_applied_input_types.violence, ["text", "image"]);
    specification?.check("CreateModerationResponse", parts);
  },
];

const images: Case = [
  "images are made, and cost what their quality says",
  async (system) => {
    const asked = { model: "sim/painter", prompt: "a cat", n: 2, quality: "low" as const };
    const made = await client(system).images.generate(asked);
    specification?.check("ImagesResponse", made);
    assert.equal(made.data?.length, 2);
    assert.equal(Buffer.from(made.data?.[0]?.b64_json ?? "", "base64").toString("latin1", 1, 4), "PNG");
    assert.equal(made.usage?.output_tokens, 200);
    await assert.rejects(client(system).images.generate({ ...asked, n: 11 }), /n must be at most 10; got 11/);
  },
];

const speech: Case = [
  "a text is read aloud",
  async (system) => {
    const asked = { model: "sim/speaker", input: "hello", voice: "alloy", response_format: "wav" as const };
    const answer = await client(system).audio.speech.create(asked);
    assert.equal(answer.headers.get("content-type"), "audio/wav");
    assert.equal(answer.headers.get("x-sluice-cost-usd"), "0.000019");
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.deepEqual([bytes.toString("latin1", 0, 4), bytes.length], ["RIFF", 44 + 2_400]);
  },
];

const transcription: Case = [
  "a recording is written down, with its parts where they are wanted",
  async (system) => {
    const ask = async (response_format: "json" | "verbose_json") =>
      await client(system).audio.transcriptions.create({ model: "sim/listener", file: await sound(), response_format });
    const json = (await ask("json")) as OpenAI.Audio.Transcription;
    assert.match(json.text, /2 seconds/);
    specification?.check("CreateTranscriptionResponseJson", json);
    const verbose = (await ask("verbose_json")) as OpenAI.Audio.TranscriptionVerbose;
    assert.deepEqual([verbose.duration, verbose.segments?.length], [2, 1]);
    await assert.rejects(
      client(system).post("/audio/transcriptions", { body: { model: "sim/listener" } }),
      /content type must be multipart/,
    );
    const form = new FormData();
    form.set("model", "sim/listener");
    const headers = { authorization: `Bearer ${system.apiKey}` };
    const empty = await fetch(`${system.url}/v1/audio/transcriptions`, { method: "POST", headers, body: form });
    assert.deepEqual([empty.status, /file is required/.test(await empty.text())], [400, true]);
  },
];

/** Text alone tells no figures: what it took is counted, which is near the bill and not the bill. */
const subtitles: Case = [
  "a recording is written down as text and as subtitles",
  async (system) => {
    const ask = async (response_format: "text" | "srt" | "vtt") =>
      String(
        await client(system).audio.transcriptions.create({
          model: "sim/listener",
          file: await sound(),
          response_format,
        }),
      );
    assert.equal(await ask("text"), "A simulated recording of 2 seconds.\n");
    assert.match(await ask("srt"), /^1\n00:00:00,000 --> /);
    assert.match(await ask("vtt"), /^WEBVTT\n/);
  },
];

const failover: Case = [
  "an answer of no use fails over like a failure, for every kind",
  async (system) => {
    for (const [model, faults] of Object.entries(MODELS)) {
      const ask = ASKS[model as keyof typeof MODELS];
      for (const fault of faults) {
        const response = await ask(system, `${model}-${fault}`);
        assert.deepEqual([response.status, response.headers.get("x-sluice-attempts")], [200, "2"], `${model}+${fault}`);
        await response.arrayBuffer();
      }
    }
  },
];

const kinds: Case = [
  "a model of another kind is an error that names models of the right one",
  async (system) => {
    for (const [model, ask] of Object.entries(ASKS)) {
      const answer = ask(system, "sim/small").then(
        async (response) => await response.text(),
        (error: unknown) => String(error),
      );
      assert.match(await answer, new RegExp(`does not do .*models that do are .*sim/${model}`), model);
    }
  },
];

const budgets: Case = [
  "what is not bounded by what is left is refused before it is made",
  async (system) => {
    const { id, secret } = await system.createKey();
    await system.json(["budgets", "set", "key", id, "--usd", "0.001"]);
    const before = system.simulator.bills().length;
    const asked = { model: "sim/painter", prompt: "a cat", quality: "high" as const };
    await assert.rejects(client(system, secret).images.generate(asked), /402/);
    assert.equal(system.simulator.bills().length, before, "nobody was called");
    const cheap = await client(system, secret).images.generate({ ...asked, quality: "low" });
    assert.equal(cheap.data?.length, 1);
    const unknown = client(system, secret).audio.transcriptions.create({
      model: "sim/listener",
      file: await toFile(Buffer.from("no recording at all"), "x.webm"),
    });
    await unknown.then(
      () => undefined,
      (error: unknown) => assert.match(String(error), /budget|bounded/),
    );
  },
];

const books: Case = [
  "the ledger is the provider's bill",
  async (system) => {
    const { spent } = await billIsLedger(system);
    assert.ok(spent > 0n);
  },
];

const cases = [rerank, moderation, images, speech, transcription, failover, kinds, budgets, books];
proveInEachShape("requests beside chats", cases, { settings: { "router.aliases": JSON.stringify(aliases) } });
proveInEachShape("subtitles", [subtitles]);
