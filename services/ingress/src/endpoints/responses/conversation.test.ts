import assert from "node:assert/strict";
import { test } from "node:test";
import { Role } from "@sluice/proto/chat/v1/chat";
import { printCarried } from "../../answer/carried.ts";
import { Problems } from "../chat-completions/problems.ts";
import { toMessages } from "./conversation.ts";
import type { ItemBody } from "./schema.ts";

function mapped(...items: ItemBody[]) {
  const problems = new Problems();
  const placed = items.map((item, index) => ({ item, path: `input[${index}]` }));
  const messages = toMessages(placed, problems);
  problems.throwIfAny();
  return messages;
}

const kindsOf = (...items: ItemBody[]) => mapped(...items).map(({ parts }) => parts.map(({ kind }) => kind?.$case));

const thinking = (over: object) =>
  ({ of: "thinking", provider: "p", id: "", signature: "s", redacted: false, ...over }) as const;

test("what the model did between two of its callers' turns is one message", () => {
  const call: ItemBody = { type: "function_call", call_id: "c", name: "f", arguments: "{}" };
  const messages = kindsOf(
    { role: "user", content: "a" },
    { type: "reasoning", summary: [{ type: "summary_text", text: "b" }] },
    { role: "assistant", content: "c" },
    call,
    { type: "web_search_call", id: "ws_1" },
    { type: "function_call_output", call_id: "c", output: "1" },
    { role: "assistant", content: "d" },
  );
  assert.deepEqual(messages, [["text"], ["reasoning", "text", "toolCall", "unknownJson"], ["toolResult"], ["text"]]);
});

test("proofs come back whole; those of others and damaged ones do no harm", () => {
  const reasoningOf = (encrypted_content: string, text = "") => {
    const summary = text === "" ? [] : [{ type: "summary_text", text }];
    const [message] = mapped({ type: "reasoning", id: "rs_1", summary, encrypted_content });
    return message?.parts[0]?.kind?.value;
  };
  const odd = 'µ/"\\\n😀==';
  assert.deepEqual(reasoningOf(printCarried(thinking({ signature: odd, redacted: true, id: "b/1" }))), {
    text: "",
    signature: odd,
    redacted: true,
    id: "b/1",
    provider: "p",
  });
  // A proof of somebody else has no maker here.
  const foreign = { text: "t", signature: "gAAAA", redacted: false, id: "rs_1", provider: "" };
  assert.deepEqual(reasoningOf("gAAAA", "t"), foreign);
  assert.deepEqual(reasoningOf("gAAAA"), { ...foreign, text: "", redacted: true });
  const cut = printCarried(thinking({ signature: "s".repeat(100) })).slice(0, 40);
  assert.doesNotThrow(() => reasoningOf(cut, "t"));
});

test("a call is signed by the proof that names it, wherever that stands", () => {
  const proof = printCarried({ ...thinking({ signature: "x" }), of: "call", id: "c2" });
  const call = (call_id: string): ItemBody => ({ type: "function_call", call_id, name: "f", arguments: "{}" });
  const [turn] = mapped(call("c1"), call("c2"), { type: "reasoning", summary: [], encrypted_content: proof });
  const signatures = turn?.parts.map(({ kind }) =>
    kind?.$case === "toolCall" ? [kind.value.signature, kind.value.provider] : [],
  );
  assert.deepEqual(signatures, [
    ["", ""],
    ["x", "p"],
  ]);
});

test("parts keep what they are; results may hold pictures", () => {
  const png = `data:image/png;base64,${Buffer.from("x").toString("base64")}`;
  const [user, result] = mapped(
    {
      role: "user",
      content: [
        { type: "input_text", text: "a" },
        { type: "input_image", image_url: png, detail: "low" },
        { type: "input_file", file_data: "eA==", filename: "x.pdf" },
        { type: "input_file", file_url: "https://a.example/x.pdf" },
        { type: "input_audio", input_audio: { data: "eA==", format: "wav" } },
        { type: "input_something", text: "b" },
      ],
    },
    { type: "function_call_output", call_id: "c", output: [{ type: "input_image", image_url: png }] },
  );
  assert.deepEqual(
    user?.parts.map(({ kind }) => kind?.$case),
    ["text", "image", "file", "file", "audio", "unknownJson"],
  );
  assert.equal(result?.role, Role.ROLE_TOOL);
  const [part] = result?.parts ?? [];
  assert.ok(part?.kind?.$case === "toolResult");
  assert.equal(part.kind.value.parts[0]?.kind?.$case, "image");
});

test("faults name their place", () => {
  const faults: readonly (readonly [ItemBody, RegExp])[] = [
    [{ role: "user" }, /input\[0\]\.content is required/],
    [{ type: "message", content: "x" }, /input\[0\]\.role is required/],
    [{ type: "function_call", name: "f", arguments: "{}" }, /input\[0\]\.call_id is required/],
    [{ type: "custom_tool_call", call_id: "c", name: "f" }, /input\[0\]\.input is required/],
    [
      { role: "user", content: [{ type: "input_image", image_url: "data:x" }] },
      /input\[0\]\.content\[0\]\.image_url must be/,
    ],
    [{ role: "user", content: [{ type: "input_file" }] }, /input\[0\]\.content\[0\] needs file_data/],
  ];
  for (const [item, message] of faults) assert.throws(() => mapped(item), message);
});
