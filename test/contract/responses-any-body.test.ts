import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import fc from "fast-check";
import { completionParser } from "../../services/ingress/src/endpoints/completions/request.ts";
import { toKeptItems } from "../../services/ingress/src/endpoints/responses/kept-items.ts";
import { inputItems, referencedIds, responseParser } from "../../services/ingress/src/endpoints/responses/request.ts";

const limits = { itemsMax: 100, toolsMax: 10, partsMax: 100, choicesMax: 4, messagesMax: 100 };
const TYPES = [
  ...["message", "reasoning", "function_call", "function_call_output", "custom_tool_call", "item_reference", "x"],
  ...["input_text", "output_text", "refusal", "input_image", "input_file", "input_audio", "summary_text", "function"],
  ...["custom", "allowed_tools", "json_schema", "text"],
];
const FIELDS = [
  ...["type", "role", "content", "text", "id", "call_id", "name", "arguments", "input", "output", "summary", "tools"],
  ...["encrypted_content", "image_url", "file_data", "input_audio", "data", "format", "schema", "mode", "refusal"],
];
const TOP = [
  ...["input", "instructions", "tools", "tool_choice", "text", "reasoning", "include", "metadata", "prompt", "echo"],
  ...["previous_response_id", "max_output_tokens", "stream", "store", "logprobs", "n", "suffix", "best_of", "stop"],
];
const word = fc.oneof(
  fc.constantFrom(...TYPES, "user", "assistant", "developer", "auto", "required", "data:;base64,eA==", "eA==", "{}"),
  fc.string({ maxLength: 8 }),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    word,
    fc.constantFrom(null, true, 0, 1, -1, 1.5, 1e300),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...FIELDS, "__proto__", "extra"), tie("value"), { maxKeys: 6 }),
  ),
}));
const body = fc.dictionary(fc.constantFrom(...TOP, "extra"), value, { maxKeys: 8 });

/** Any body is read, or refused with a fault that names a field. */
function readOrRefused(read: () => void): void {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof SluiceError, String(error));
    assert.equal(error.code, "invalid_request", error.message);
    assert.ok(error.details.param);
  }
}

test("any body of a response is read, and can be kept, or is refused by name", () => {
  const parser = responseParser(limits);
  fc.assert(
    fc.property(body, (raw) =>
      readOrRefused(() => {
        const asked = parser.read({ model: "m", ...raw });
        referencedIds(asked);
        parser.toChat(asked, { earlier: [], referenced: new Map() });
        JSON.stringify(toKeptItems(inputItems(asked), "req_1"));
      }),
    ),
    { numRuns: 5_000 },
  );
});

test("any body of a completion is read, or is refused by name", () => {
  const parse = completionParser(limits);
  fc.assert(
    fc.property(body, (raw) => readOrRefused(() => parse({ model: "m", ...raw }))),
    { numRuns: 3_000 },
  );
});
