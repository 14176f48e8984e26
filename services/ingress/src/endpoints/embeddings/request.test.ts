import assert from "node:assert/strict";
import { test } from "node:test";
import { readEmbeddings } from "./request.ts";

const read = (input: unknown) => readEmbeddings({ model: "m", input });

test("lists are refused by their length or their first fault, before a schema notes every one", () => {
  const nothing = (count: number): unknown[] => new Array(count).fill(null);
  assert.throws(() => read(nothing(2_049)), /input must have at most 2048 entries; got 2049/);
  assert.throws(() => read(new Array(65_537).fill(1)), /input must have at most 65536 entries; got 65537/);
  assert.throws(() => read([1, ...nothing(65_000)]), /^[^;]*input\[1\] must be a token[^;]*$/);
  assert.throws(
    () =>
      read([
        ["x", ...nothing(65_000)],
        [-1, -1],
      ]),
    /input\[0\]\[0\] must be .*; input\[1\]\[0\] must be /,
  );
  assert.throws(() => read(["a", 1]), /input must be all texts.*mixture/);
});

test("texts, tokens and lists of tokens are read", () => {
  const kinds = (input: unknown) => {
    const { task } = read(input).request;
    return task?.$case === "embeddings" ? task.value.inputs.map(({ kind }) => kind?.value) : [];
  };
  assert.deepEqual(kinds("a"), ["a"]);
  assert.deepEqual(kinds(["a", "b"]), ["a", "b"]);
  assert.deepEqual(kinds([0, 2_147_483_647]), [{ ids: [0, 2_147_483_647] }]);
  assert.deepEqual(kinds([[1], [2, 3]]), [{ ids: [1] }, { ids: [2, 3] }]);
});
