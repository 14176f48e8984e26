import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { valuesOf } from "@sluice/platform/tasks";
import { TaskRequest } from "@sluice/proto/tasks/v1/tasks";
import type { MappedResult, MappedTask } from "../../../provider-tasks.ts";
import { modelOf } from "../../models.ts";
import { type TaskSource, taskMapper } from "../../task-table.ts";
import { type EmbeddingsWire, embeddings } from "./embeddings.ts";

const source: TaskSource = {
  name: "fake",
  mapError: ({ body }) => new SluiceError("upstream_overloaded", body),
};
type Given = NonNullable<NonNullable<Parameters<typeof TaskRequest.fromPartial>[0]>["task"]>;
type Wishes = NonNullable<Extract<Given, { $case: "embeddings" }>["value"]>;

function mapped(wishes: Wishes, wire?: EmbeddingsWire, extraJson = ""): MappedTask {
  const request = TaskRequest.fromPartial({
    extraJson,
    userLabel: "u",
    task: { $case: "embeddings", value: wishes },
  });
  return taskMapper(source, { embeddings: embeddings(source, wire) })(request, "m", modelOf("fake", { id: "m" }));
}

const text = (value: string) => ({ kind: { $case: "text" as const, value } });
const bodyOf = ({ body }: MappedTask): unknown => JSON.parse(String(body));
const read = (task: MappedTask, body: unknown): MappedResult =>
  task.read({ status: 200, headers: {}, body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)) });
const vectorsOf = ({ result }: MappedResult) =>
  result?.result?.$case === "embeddings"
    ? result.result.value.vectors.map((vector) => [...valuesOf(vector)])
    : undefined;

test("texts and token numbers are asked for in the provider's words, unknown fields beside them", () => {
  const task = mapped({ inputs: [text("a"), text("b")], dimensions: 2, base64: true }, {}, '{"fast":true}');
  assert.equal(task.path, "/embeddings");
  assert.deepEqual(bodyOf(task), {
    fast: true,
    model: "m",
    input: ["a", "b"],
    encoding_format: "base64",
    dimensions: 2,
    user: "u",
  });
  const many = mapped({ inputs: Array.from({ length: 65 }, () => text("a")) });
  assert.equal(
    (bodyOf(many) as { encoding_format?: string }).encoding_format,
    "base64",
    "many vectors are long as digits",
  );
  const tokens = mapped({ inputs: [{ kind: { $case: "tokens", value: { ids: [1, 2] } } }] });
  assert.deepEqual(bodyOf(tokens), { model: "m", input: [[1, 2]], user: "u" });
});

test("what a look-alike cannot do is refused before it is asked, or told", () => {
  const code = (run: () => unknown): string => {
    try {
      run();
      return "";
    } catch (error) {
      return SluiceError.from(error).code;
    }
  };
  const wire = { tokens: false, dimensionsField: undefined, base64: false } as const;
  const tokens = { kind: { $case: "tokens" as const, value: { ids: [1] } } };
  assert.equal(
    code(() => mapped({ inputs: [tokens] }, wire)),
    "upstream_invalid_request",
  );
  assert.equal(
    code(() => mapped({ inputs: [text("a")], dimensions: 3 }, wire)),
    "upstream_invalid_request",
  );
  const task = mapped({ inputs: [text("a")], purpose: "query", base64: true }, wire);
  assert.deepEqual(bodyOf(task), { model: "m", input: ["a"], user: "u" });
  assert.equal(task.warnings.length, 1);
  const knowing = mapped({ inputs: [text("a")], purpose: "query" }, { purposeField: "input_type" });
  assert.deepEqual(bodyOf(knowing), { model: "m", input: ["a"], input_type: "query", user: "u" });
});

test("numbers of another kind are not asked for as the bytes of floats", () => {
  const task = mapped(
    { inputs: Array.from({ length: 65 }, () => text("a")), base64: true },
    {},
    '{"output_dtype":"int8"}',
  );
  assert.equal(Object.hasOwn(Object(bodyOf(task)), "encoding_format"), false);
});

test("vectors are read in the order of their indices, as numbers or base64", () => {
  const task = mapped({ inputs: [text("a"), text("b")] });
  const base64 = Buffer.from(Float32Array.from([0.5, -2]).buffer).toString("base64");
  const answer = read(task, {
    data: [
      { index: 1, embedding: [3, 0.25] },
      { index: 0, embedding: base64 },
    ],
    model: "m-1",
    usage: { prompt_tokens: 4, total_tokens: 4 },
  });
  assert.deepEqual(vectorsOf(answer), [
    [0.5, -2],
    [3, 0.25],
  ]);
  assert.deepEqual([answer.usage?.inputTokens, answer.result?.model], [4n, "m-1"]);
});

test("figures that cannot be believed are none, and broken vectors are seen to be broken", () => {
  const task = mapped({ inputs: [text("a"), text("b")] });
  assert.equal(read(task, { data: [], usage: { prompt_tokens: 0 } }).usage, undefined);
  assert.equal(read(task, { data: [], usage: { prompt_tokens: -1 } }).usage, undefined);
  assert.deepEqual(vectorsOf(read(task, { data: [{ index: 1, embedding: [1] }] })), [[], [1]]);
  assert.deepEqual(vectorsOf(read(task, { data: [{ embedding: [null] }] })), [[Number.NaN]]);
});

test("an error with a good status is an error, and what is no JSON cannot be read", () => {
  const task = mapped({ inputs: [text("a")] });
  assert.equal(read(task, { error: { message: "busy" } }).error?.code, "upstream_overloaded");
  assert.throws(() => read(task, '{"data":['), /is no JSON object/);
  assert.throws(() => read(task, "<html>"), /is no JSON object/);
});
