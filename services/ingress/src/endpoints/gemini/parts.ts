import type { Media, Part, ToolCall } from "@sluice/proto/chat/v1/chat";
import { readCarried } from "../../answer/carried.ts";
import { extrasOf, hasExtras } from "../chat-completions/extras.ts";
import { fromBase64, newPart } from "../chat-completions/parts.ts";
import type { Problems } from "../chat-completions/problems.ts";
import { type PartBody, partSchema } from "./schema.ts";

type Kind = NonNullable<Part["kind"]>;

const KINDS = ["text", "inlineData", "fileData", "functionCall", "functionResponse"] as const;
const KNOWN: ReadonlySet<string> = new Set([...KINDS, "thought", "thoughtSignature"]);
const INLINE_FIELDS = new Set(["mimeType", "data"]);
const FILE_FIELDS = new Set(["mimeType", "fileUri"]);
const CALL_FIELDS = new Set(["id", "name", "args"]);
const RESPONSE_FIELDS = new Set(["id", "name", "response", "parts"]);

/** Maps one part; its signature may become another. A kind of part Sluice does not know is carried whole as JSON text. */
export function toParts(body: PartBody, path: string, problems: Problems): Part[] {
  const given = KINDS.filter((kind) => body[kind] !== undefined && body[kind] !== null);
  const [only] = given;
  if (only === undefined) return given.length === 0 && isSeal(body) ? seals(body) : [unknownPart(body)];
  if (given.length > 1) {
    problems.add(path, `may hold one of ${given.join(", ")}, not several`);
    return [];
  }
  if (only === "text") return ofText(body);
  if (!isSayable(body)) return [unknownPart(body)];
  return ofData(body, path, problems);
}

const unknownPart = (body: PartBody): Part => newPart({ $case: "unknownJson", value: JSON.stringify(body) });

/** True for a signature alone. */
function isSeal(body: PartBody): boolean {
  return typeof body.thoughtSignature === "string" && !hasExtras(body, KNOWN);
}

/** A known part with unknown fields inside its own object has no canonical place for them. */
function isSayable({ inlineData, fileData, functionCall, functionResponse }: PartBody): boolean {
  if (inlineData) return !hasExtras(inlineData, INLINE_FIELDS);
  if (fileData) return !hasExtras(fileData, FILE_FIELDS);
  if (functionCall) return !hasExtras(functionCall, CALL_FIELDS);
  return !functionResponse || !hasExtras(functionResponse, RESPONSE_FIELDS);
}

/** A signature by itself: of words that came before it, or one that stands for sealed thinking. */
function seals(body: PartBody): Part[] {
  const signature = body.thoughtSignature ?? "";
  return signature === "" ? [] : [reasoning("", signature)];
}

function reasoning(text: string, signature: string): Part {
  const carried = readCarried(signature);
  const { id = "", provider = "", redacted = false } = carried ?? {};
  const value = { text, signature: carried?.signature ?? signature, redacted, id, provider };
  return newPart({ $case: "reasoning", value });
}

function ofText(body: PartBody): Part[] {
  const text = body.text ?? "";
  const signature = body.thoughtSignature ?? "";
  if (body.thought === true) return text === "" && signature === "" ? [] : [reasoning(text, signature)];
  if (text === "") return seals(body);
  const kind: Kind = { $case: "text", value: text };
  const extraJson = extrasOf(body, KNOWN);
  if (signature === "") return [{ kind, cacheControl: undefined, extraJson }];
  if (readCarried(signature) !== undefined) {
    return [{ kind, cacheControl: undefined, extraJson }, reasoning("", signature)];
  }
  // Only this dialect signs words: there the signature goes back on the very part that had it.
  const known = new Set(KNOWN);
  known.delete("thoughtSignature");
  return [{ kind, cacheControl: undefined, extraJson: extrasOf(body, known) }];
}

function ofData(body: PartBody, path: string, problems: Problems): Part[] {
  const { inlineData, fileData, functionCall, functionResponse } = body;
  const signature = body.thoughtSignature ?? "";
  const extraJson = extrasOf(body, KNOWN);
  if (functionCall) {
    const value = toCall(functionCall, signature);
    return [{ kind: { $case: "toolCall", value }, cacheControl: undefined, extraJson }];
  }
  const kind = functionResponse
    ? toResult(functionResponse, `${path}.functionResponse`, problems)
    : toMedia(inlineData, fileData, path, problems);
  const part: Part = { kind, cacheControl: undefined, extraJson };
  return signature === "" ? [part] : [part, reasoning("", signature)];
}

function toCall(call: NonNullable<PartBody["functionCall"]>, signature: string): ToolCall {
  const carried = readCarried(signature);
  return {
    id: call.id ?? "",
    name: call.name,
    argumentsJson: JSON.stringify(call.args ?? {}),
    signature: carried?.signature ?? signature,
    type: "function",
    provider: carried?.provider ?? "",
  };
}

function toMedia(inline: PartBody["inlineData"], file: PartBody["fileData"], path: string, problems: Problems): Kind {
  const mimeType = inline?.mimeType ?? file?.mimeType ?? "";
  const source: Media["source"] = inline
    ? { $case: "data", value: fromBase64(standard(inline.data), `${path}.inlineData.data`, problems) }
    : { $case: "url", value: file?.fileUri ?? "" };
  const media: Media = { source, mimeType, name: "" };
  if (mimeType.startsWith("image/")) return { $case: "image", value: { media, detail: "" } };
  if (mimeType.startsWith("audio/")) {
    return { $case: "audio", value: { media, format: mimeType.slice("audio/".length), previousAudioId: "" } };
  }
  return { $case: "file", value: { media, citations: false } };
}

/** Google's JSON takes both alphabets of base64. */
function standard(data: string): string {
  return /[-_]/.test(data) ? data.replaceAll("-", "+").replaceAll("_", "/") : data;
}

function toResult(result: NonNullable<PartBody["functionResponse"]>, path: string, problems: Problems): Kind {
  const { text, isError } = wordsOf(result.response ?? {});
  const parts = [newPart({ $case: "text", value: text })];
  for (const [index, raw] of (result.parts ?? []).entries()) {
    const parsed = partSchema.safeParse(raw);
    if (parsed.success) parts.push(...toParts(parsed.data, `${path}.parts[${index}]`, problems));
    else problems.add(`${path}.parts[${index}]`, "must be a part");
  }
  return { $case: "toolResult", value: { toolCallId: result.id ?? "", name: result.name, parts, isError } };
}

/** What a function gave back. Google names the words under which plain texts stand; any other object stays one. */
function wordsOf(response: Readonly<Record<string, unknown>>): { readonly text: string; readonly isError: boolean } {
  const { output, error, ...rest } = response;
  if (Object.keys(rest).length === 0) {
    if (typeof error === "string" && output === undefined) return { text: error, isError: true };
    const plain = typeof output === "string" && error === undefined && !output.trimStart().startsWith("{");
    if (plain) return { text: output, isError: false };
  }
  return { text: JSON.stringify(response), isError: false };
}
