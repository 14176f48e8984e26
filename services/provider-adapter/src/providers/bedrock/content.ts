import { createHash } from "node:crypto";
import type { Warnings } from "../openai/warnings.ts";
import { isObject, textOf } from "../openai/wire.ts";
import type { WireObject } from "./wire.ts";

/** What turning blocks of Anthropic's Messages into Converse's needs. */
export interface ContentContext {
  readonly warnings: Warnings;
  /** True if the model takes cache points. */
  readonly caches: boolean;
  /** Documents so far: each must have a name of its own. */
  documents: number;
}

/** Stands where the wire wants words and there are none. */
const NO_WORDS = ".";

function objectsOf(value: unknown): readonly WireObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function image(source: WireObject, { warnings }: ContentContext): WireObject | undefined {
  if (source["type"] !== "base64") {
    warnings.say("An image was dropped: bedrock takes its bytes, not an address or a file's id.");
    return undefined;
  }
  const format = textOf(source["media_type"]).replace(/^image\//, "");
  return { image: { format, source: { bytes: source["data"] } } };
}

/** A name as the wire allows it: letters, digits, single spaces and some brackets. */
function documentName(title: string, context: ContentContext): string {
  context.documents += 1;
  const plain = title
    .replace(/[^A-Za-z0-9()[\] -]/g, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 180);
  return plain === "" ? `document ${context.documents}` : `${plain} ${context.documents}`;
}

function document(block: WireObject, context: ContentContext): WireObject | undefined {
  const { source, citations } = block;
  if (!isObject(source)) return undefined;
  const name = documentName(textOf(block["title"]), context);
  const more = isObject(citations) ? { citations } : {};
  if (source["type"] === "base64") {
    return { document: { format: "pdf", name, source: { bytes: source["data"] }, ...more } };
  }
  if (source["type"] === "text") {
    // With citations the words themselves are wanted, otherwise any of them would do.
    return { document: { format: "txt", name, source: { text: textOf(source["data"]) }, ...more } };
  }
  context.warnings.say("A file was dropped: bedrock takes its bytes, not an address or a file's id.");
  return undefined;
}

const ID_MAX = 64;

/** An id of a call as the wire takes it; a pure function, so that a call and its result stay paired. */
function idOf(id: unknown): string {
  const text = textOf(id);
  if (text.length <= ID_MAX) return text;
  return `${text.slice(0, ID_MAX - 17)}_${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

function toolResult(block: WireObject, context: ContentContext): WireObject {
  const { content } = block;
  const parts = typeof content === "string" ? [{ text: content }] : mapBlocks(content, context, false);
  return {
    toolResult: {
      toolUseId: idOf(block["tool_use_id"]),
      content: parts.length === 0 ? [{ text: NO_WORDS }] : parts,
      ...(block["is_error"] === true && { status: "error" }),
    },
  };
}

function mapBlock(block: WireObject, context: ContentContext): WireObject | undefined {
  switch (block["type"]) {
    case "text":
      return { text: block["text"] };
    case "image":
      return isObject(block["source"]) ? image(block["source"], context) : undefined;
    case "document":
      return document(block, context);
    case "tool_use":
      return { toolUse: { toolUseId: idOf(block["id"]), name: block["name"], input: block["input"] } };
    case "tool_result":
      return toolResult(block, context);
    case "thinking":
      return { reasoningContent: { reasoningText: { text: block["thinking"], signature: block["signature"] } } };
    case "redacted_thinking":
      return { reasoningContent: { redactedContent: block["data"] } };
    default:
      return undefined;
  }
}

/** The point at which a cache ends stands behind the block that bore it. */
function cachePoint(block: WireObject, { caches, warnings }: ContentContext): WireObject | undefined {
  const control = block["cache_control"];
  if (!isObject(control)) return undefined;
  if (!caches) {
    warnings.dropped("A cache boundary for this model");
    return undefined;
  }
  const ttl = textOf(control["ttl"]);
  return { cachePoint: { type: "default", ...(ttl !== "" && { ttl }) } };
}

/** Blocks of Anthropic's Messages as Converse writes them. Only the outermost may bear cache points. */
export function mapBlocks(blocks: unknown, context: ContentContext, outermost = true): WireObject[] {
  return objectsOf(blocks).flatMap((block) => {
    const mapped = mapBlock(block, context);
    if (mapped === undefined) return [];
    const point = outermost ? cachePoint(block, context) : undefined;
    return point === undefined ? [mapped] : [mapped, point];
  });
}

/** A turn, of which something is left even if all it held had to be dropped: the wire wants turns that alternate. */
export function mapTurn(content: unknown, context: ContentContext): WireObject[] {
  const blocks = mapBlocks(content, context);
  return blocks.length === 0 ? [{ text: NO_WORDS }] : blocks;
}

/** Tools as Converse writes them. */
export function mapToolSpecs(tools: unknown, strictKnown: boolean, context: ContentContext): WireObject[] {
  return objectsOf(tools).flatMap((tool) => {
    const description = textOf(tool["description"]);
    const toolSpec = {
      name: tool["name"],
      ...(description !== "" && { description }),
      inputSchema: { json: tool["input_schema"] },
      ...(strictKnown && tool["strict"] === true && { strict: true }),
    };
    const point = cachePoint(tool, context);
    return point === undefined ? [{ toolSpec }] : [{ toolSpec }, point];
  });
}

/** Names of the tools a conversation tells of: the wire wants them defined. */
export function toldTools(messages: unknown): readonly string[] {
  const calls = objectsOf(messages)
    .flatMap((message) => objectsOf(message["content"]))
    .filter((block) => block["type"] === "tool_use");
  return [...new Set(calls.map((call) => textOf(call["name"])))];
}
