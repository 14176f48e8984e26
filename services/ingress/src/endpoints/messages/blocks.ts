import type { FilePart, Media, Part, ToolCall } from "@sluice/proto/chat/v1/chat";
import { readCarried } from "../../answer/carried.ts";
import { extrasOf, hasExtras } from "../chat-completions/extras.ts";
import { fromBase64, isPlainCacheControl, newPart, toCacheControl } from "../chat-completions/parts.ts";
import { addIssues, type Problems } from "../chat-completions/problems.ts";
import { type AnyBlockBody, anyBlockSchema, type BlockBody, blockSchema, type SourceBody } from "./schema.ts";

type Kind = NonNullable<Part["kind"]>;

const MARKUP = ["type", "cache_control"];
const KNOWN: Readonly<Record<string, ReadonlySet<string>>> = {
  text: new Set([...MARKUP, "text"]),
  image: new Set([...MARKUP, "source"]),
  document: new Set([...MARKUP, "source", "title", "citations"]),
  thinking: new Set([...MARKUP, "thinking", "signature"]),
  redacted_thinking: new Set([...MARKUP, "data"]),
  tool_use: new Set([...MARKUP, "id", "name", "input"]),
  tool_result: new Set([...MARKUP, "tool_use_id", "content", "is_error"]),
};
const SOURCE_FIELDS = new Set(["type", "media_type", "data", "url", "file_id"]);
const SOURCES = new Set(["base64", "text", "url", "file"]);
const CITATION_FIELDS = new Set(["enabled"]);

/** Maps one content block. A kind of block Sluice does not know is carried whole as JSON text. */
export function toPart(raw: AnyBlockBody, path: string, problems: Problems): Part {
  const known = Object.hasOwn(KNOWN, raw.type) ? KNOWN[raw.type] : undefined;
  if (known === undefined) return unknownPart(raw);
  const parsed = blockSchema.safeParse(raw);
  if (!parsed.success) {
    addIssues(problems, raw, parsed.error.issues, path);
    return unknownPart(raw);
  }
  const body = parsed.data;
  if (!isSayable(body)) return unknownPart(raw);
  const kind = toKind(body, path, problems);
  if (kind === undefined) return unknownPart(body);
  return { kind, cacheControl: toCacheControl(body.cache_control), extraJson: extrasOf(withoutNothing(body), known) };
}

const unknownPart = (body: AnyBlockBody): Part => newPart({ $case: "unknownJson", value: JSON.stringify(body) });

/** Answers hold fields that say nothing; they come back with the conversation. */
function withoutNothing(body: BlockBody): BlockBody {
  const { citations } = body;
  const nothing = body.type === "text" && (citations === null || (Array.isArray(citations) && citations.length === 0));
  return nothing ? { ...body, citations: undefined } : body;
}

/** A known block with unknown fields inside its own objects, or a source of another kind, has no canonical place for them. */
function isSayable(body: BlockBody): boolean {
  if (!isPlainCacheControl(body.cache_control)) return false;
  if (body.source && (hasExtras(body.source, SOURCE_FIELDS) || !SOURCES.has(body.source.type))) return false;
  if (body.type !== "document") return true;
  const { citations } = body;
  if (citations === undefined || citations === null) return true;
  return typeof citations === "object" && !hasExtras({ ...citations }, CITATION_FIELDS);
}

function toKind(body: BlockBody, path: string, problems: Problems): Kind | undefined {
  switch (body.type) {
    case "text":
      return { $case: "text", value: required(body, "text", path, problems) };
    case "image":
      return { $case: "image", value: { media: toMedia(body, path, problems), detail: "" } };
    case "document":
      return toDocument(body, path, problems);
    case "thinking":
    case "redacted_thinking":
      return toThinking(body, path, problems);
    case "tool_use":
      return { $case: "toolCall", value: toToolCall(body, path, problems) };
    case "tool_result":
      return toToolResult(body, path, problems);
    default:
      return undefined;
  }
}

function required(body: BlockBody, field: "text" | "data" | "thinking" | "id" | "name", path: string, into: Problems) {
  const value = body[field];
  if (typeof value !== "string") into.add(`${path}.${field}`, `is required in a block of type "${body.type}"`);
  return value ?? "";
}

function toMedia(body: BlockBody, path: string, problems: Problems): Media {
  const { source } = body;
  const empty: Media = { source: undefined, mimeType: "", name: body.title ?? "" };
  if (!source) {
    problems.add(`${path}.source`, `is required in a block of type "${body.type}"`);
    return empty;
  }
  const found = toSource(source, `${path}.source`, problems);
  return { ...empty, source: found, mimeType: source.media_type ?? "" };
}

function toSource(source: SourceBody, path: string, problems: Problems): Media["source"] {
  const needs = (field: "data" | "url" | "file_id"): string => {
    const value = source[field];
    if (!value) problems.add(`${path}.${field}`, `is required in a source of type "${source.type}"`);
    return value ?? "";
  };
  switch (source.type) {
    case "base64":
      return { $case: "data", value: fromBase64(needs("data"), `${path}.data`, problems) };
    case "text":
      return { $case: "data", value: Buffer.from(needs("data"), "utf8") };
    case "url":
      return { $case: "url", value: needs("url") };
    case "file":
      return { $case: "fileId", value: needs("file_id") };
    default:
      return undefined;
  }
}

function toDocument(body: BlockBody, path: string, problems: Problems): Kind {
  const media = toMedia(body, path, problems);
  const { citations } = body;
  const cited = typeof citations === "object" && citations !== null && "enabled" in citations && citations.enabled;
  const plain = body.source?.type === "text" && media.mimeType === "" ? { ...media, mimeType: "text/plain" } : media;
  const value: FilePart = { media: plain, citations: cited === true };
  return { $case: "file", value };
}

/** Thinking signed elsewhere says by whom; what says nothing was signed by a provider of this dialect. */
function toThinking(body: BlockBody, path: string, problems: Problems): Kind {
  const redacted = body.type === "redacted_thinking";
  const text = redacted ? "" : required(body, "thinking", path, problems);
  const signature = redacted ? required(body, "data", path, problems) : (body.signature ?? "");
  const carried = readCarried(signature);
  const value =
    carried === undefined
      ? { text, signature, redacted, id: "", provider: "" }
      : {
          text,
          signature: carried.signature,
          redacted: carried.redacted,
          id: carried.id,
          provider: carried.provider,
        };
  return { $case: "reasoning", value };
}

function toToolCall(body: BlockBody, path: string, problems: Problems): ToolCall {
  const { input } = body;
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    problems.add(`${path}.input`, 'must be an object in a block of type "tool_use"');
  }
  return {
    id: required(body, "id", path, problems),
    name: required(body, "name", path, problems),
    argumentsJson: JSON.stringify(input ?? {}),
    signature: "",
    type: "function",
    provider: "",
  };
}

function toToolResult(body: BlockBody, path: string, problems: Problems): Kind {
  if (!body.tool_use_id) problems.add(`${path}.tool_use_id`, 'is required in a block of type "tool_result"');
  const parts = toResultParts(body["content"], `${path}.content`, problems);
  const value = { toolCallId: body.tool_use_id ?? "", name: "", parts, isError: body.is_error === true };
  return { $case: "toolResult", value };
}

function toResultParts(content: unknown, path: string, problems: Problems): Part[] {
  if (content === undefined || content === null) return [];
  if (typeof content === "string") return [newPart({ $case: "text", value: content })];
  if (!Array.isArray(content)) {
    problems.add(path, "must be a string or a list of blocks");
    return [];
  }
  return content.flatMap((raw: unknown, index) => {
    const parsed = anyBlockSchema.safeParse(raw);
    const at = `${path}[${index}]`;
    if (parsed.success) return [toPart(parsed.data, at, problems)];
    problems.add(at, "must be a block with a type");
    return [];
  });
}
