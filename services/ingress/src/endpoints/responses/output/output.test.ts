import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatChunk } from "@sluice/proto/chat/v1/chat";
import { EventText } from "./event-text.ts";
import { Output } from "./output.ts";

type Piece = Parameters<typeof ChatChunk.fromPartial>[0];
type Json = Record<string, unknown>;

const text = (value: string): Piece => ({ event: { $case: "text", value } });
const call = (over: object): Piece => ({ event: { $case: "toolCall", value: { type: "function", ...over } } });
const thought = (over: object): Piece => ({ event: { $case: "reasoning", value: over } });

function put(pieces: readonly Piece[], over: object = {}) {
  const events = new EventText();
  const output = new Output({ idBody: "x", provider: "p", proofs: true, events, ...over });
  for (const piece of pieces) output.take([ChatChunk.fromPartial(piece)]);
  output.end();
  const told = events
    .take()
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => JSON.parse(event.slice(event.indexOf("\ndata: ") + 7)) as Json);
  return { items: output.print() as Json[], told, kept: output.printForKeeping() as Json[] };
}

/** The output as a client that only joins deltas has it. */
function joined(told: readonly Json[]): Json[] {
  const items: Json[] = [];
  for (const event of told) {
    const index = Number(event["output_index"]);
    if (event["type"] === "response.output_item.added") items[index] = event["item"] as Json;
    if (event["type"] === "response.function_call_arguments.delta") {
      const item = items[index] as Json;
      item["arguments"] = `${item["arguments"]}${event["delta"]}`;
    }
  }
  return items;
}

test("calls that take turns keep their arguments apart", () => {
  const { items, told } = put([
    call({ call: 0, id: "a", name: "f", argumentsJson: '{"x":' }),
    call({ call: 1, id: "b", name: "g", argumentsJson: '{"y":' }),
    call({ call: 0, argumentsJson: "1}" }),
    call({ call: 1, argumentsJson: "2}" }),
  ]);
  assert.deepEqual(
    items.map((item) => item["arguments"]),
    ['{"x":1}', '{"y":2}'],
  );
  assert.deepEqual(
    joined(told).map((item) => item["arguments"]),
    ['{"x":1}', '{"y":2}'],
  );
});

test("where an answer breaks off, no call looks complete that was still being written", () => {
  const pieces = [
    call({ call: 0, id: "a", name: "f", argumentsJson: '{"x":' }),
    call({ call: 1, id: "b", name: "g", argumentsJson: '{"y":' }),
  ];
  const done = ({ told }: ReturnType<typeof put>) =>
    told.flatMap(({ type, item }) => (type === "response.output_item.done" ? [(item as Json)["status"]] : []));
  assert.deepEqual(done(put(pieces)), ["incomplete", "incomplete"]);
});

test("a call that is whole ends when the next one begins", () => {
  const { told } = put([
    call({ call: 0, id: "a", name: "f", argumentsJson: "{}" }),
    call({ call: 1, id: "b", name: "g", argumentsJson: "{}" }),
  ]);
  const order = told.map(({ type, output_index: index }) => `${type} ${index}`);
  assert.ok(order.indexOf("response.output_item.done 0") < order.indexOf("response.output_item.added 1"));
});

test("a call waits for its name, and gets an id if its provider gives none", () => {
  const late = put([call({ call: 0, argumentsJson: '{"x":' }), call({ call: 0, name: "f", argumentsJson: "1}" })]);
  assert.deepEqual(
    late.items.map((item) => [item["call_id"], item["name"], item["arguments"]]),
    [["call_x_0", "f", '{"x":1}']],
  );
  assert.equal(put([call({ call: 0, argumentsJson: "{}" })]).items[0]?.["name"], "");
});

test("a signature that comes late, or again and again, is carried once", () => {
  const signed = put([
    call({ call: 0, id: "a", name: "f" }),
    call({ call: 0, argumentsJson: "{}", signature: "s" }),
    call({ call: 0, signature: "s" }),
  ]);
  assert.deepEqual(
    signed.items.map(({ type }) => type),
    ["function_call", "reasoning"],
  );
  const hidden = put([call({ call: 0, id: "a", name: "f", signature: "s" })], { proofs: false });
  assert.deepEqual(
    hidden.items.map(({ type }) => type),
    ["function_call"],
  );
  assert.equal(hidden.kept.length, 2);
  assert.ok(hidden.kept.some((item) => "encrypted_content" in item));
});

test("words, thoughts and words again are three items; an empty piece is none", () => {
  const { items } = put([text("a"), text(""), thought({ text: "b", block: 1 }), thought({}), text("c")]);
  assert.deepEqual(
    items.map(({ type }) => type),
    ["message", "reasoning", "message"],
  );
});

test("custom calls take text, other choices have no place", () => {
  const { items } = put([
    { choice: 1, event: { $case: "text", value: "no" } },
    call({ call: 0, id: "a", name: "f", type: "custom", argumentsJson: "SELECT" }),
    call({ call: 0, argumentsJson: " 1" }),
  ]);
  assert.deepEqual(
    items.map(({ type, input }) => [type, input]),
    [["custom_tool_call", "SELECT 1"]],
  );
});
