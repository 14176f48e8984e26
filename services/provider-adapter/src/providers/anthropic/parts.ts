import type { FilePart, ImagePart, Media, Part } from "@sluice/proto/chat/v1/chat";
import { parseExtra, type Warnings } from "../openai/warnings.ts";
import type { CacheBoundaries } from "./cache.ts";
import type { ToolIds } from "./tool-ids.ts";

/** What mapping a conversation needs besides its messages. */
export interface PartContext {
  /** The provider's name: thinking that others signed is of no use here. */
  readonly provider: string;
  readonly warnings: Warnings;
  /** True if unknown fields are in this provider's own dialect and may pass. */
  readonly passUnknown: boolean;
  readonly cache: CacheBoundaries;
  readonly ids: ToolIds;
  /** Features the request uses that must be named in a header. */
  readonly betas: Set<string>;
  /** Where the part stands, for messages, e.g. `messages[3]`. */
  readonly at: string;
}

export type Block = Record<string, unknown>;

const FILES_BETA = "files-api-2025-04-14";
const IMAGE_TYPES = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"]);

function base64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
}

/** The image's type by its first bytes; callers often do not say, or say it wrongly, and a wrong one is refused. */
function imageType(data: Uint8Array, said: string, context: PartContext): string {
  // A caller of this very dialect hears from the provider what is wrong with its own words.
  if (context.passUnknown && IMAGE_TYPES.has(said)) return said;
  const start = Buffer.from(data.buffer, data.byteOffset, Math.min(12, data.byteLength)).toString("latin1");
  if (start.startsWith("\x89PNG")) return "image/png";
  if (start.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (start.startsWith("GIF8")) return "image/gif";
  if (start.startsWith("RIFF") && start.endsWith("WEBP")) return "image/webp";
  return IMAGE_TYPES.has(said) ? said : "image/png";
}

const DATA_URL = /^data:([^;,]*)(?:;[^,]*)?;base64,/i;

function empty(what: string, context: PartContext): undefined {
  context.warnings.dropped(`${what} without content`);
}

function imageSource(media: Media | undefined, context: PartContext): Block | undefined {
  const source = media?.source;
  if (media === undefined || source === undefined) return undefined;
  if (source.$case === "data") {
    if (source.value.length === 0) return empty("An image", context);
    return { type: "base64", media_type: imageType(source.value, media.mimeType, context), data: base64(source.value) };
  }
  if (source.$case === "fileId") {
    context.betas.add(FILES_BETA);
    return { type: "file", file_id: source.value };
  }
  const inline = DATA_URL.exec(source.value);
  if (inline === null) return { type: "url", url: source.value };
  const data = Buffer.from(source.value.slice(inline[0].length), "base64");
  if (data.length === 0) return empty("An image", context);
  return { type: "base64", media_type: imageType(data, inline[1] ?? "", context), data: base64(data) };
}

function imageBlock(image: ImagePart, context: PartContext): Block | undefined {
  const source = imageSource(image.media, context);
  if (source === undefined) return undefined;
  if (image.detail === "low" || image.detail === "high") context.warnings.dropped("The detail of an image");
  return { type: "image", source };
}

function isText(mimeType: string): boolean {
  return mimeType.startsWith("text/") || mimeType === "application/json" || mimeType === "application/xml";
}

function documentSource(media: Media, context: PartContext): Block | undefined {
  const { source, mimeType } = media;
  switch (source?.$case) {
    case "url":
      return { type: "url", url: source.value };
    case "fileId":
      context.betas.add(FILES_BETA);
      return { type: "file", file_id: source.value };
    case "data":
      if (source.value.length === 0) return empty("A file", context);
      if (mimeType === "" || mimeType === "application/pdf") {
        return { type: "base64", media_type: "application/pdf", data: base64(source.value) };
      }
      if (isText(mimeType)) {
        const data = Buffer.from(source.value).toString("utf8");
        return data.trim() === "" ? empty("A file", context) : { type: "text", media_type: "text/plain", data };
      }
      context.warnings.dropped(`A file of the type ${mimeType.slice(0, 64)}`);
      return undefined;
    default:
      return undefined;
  }
}

function fileBlock(file: FilePart, context: PartContext): Block | undefined {
  const { media } = file;
  if (media === undefined) return undefined;
  if (IMAGE_TYPES.has(media.mimeType)) {
    const image = imageSource(media, context);
    return image === undefined ? undefined : { type: "image", source: image };
  }
  const source = documentSource(media, context);
  if (source === undefined) return undefined;
  return {
    type: "document",
    source,
    ...(media.name !== "" && { title: media.name }),
    ...(file.citations && { citations: { enabled: true } }),
  };
}

function textBlock(text: string, context: PartContext): Block | undefined {
  // A text block without words is refused, but not everywhere: callers of this very dialect know where.
  return (context.passUnknown ? text : text.trim()) === "" ? undefined : { type: "text", text };
}

function known(part: Part, context: PartContext): Block | undefined {
  switch (part.kind?.$case) {
    case "text":
    case "refusal":
      return textBlock(part.kind.value, context);
    case "image":
      return imageBlock(part.kind.value, context);
    case "file":
      return fileBlock(part.kind.value, context);
    case "audio":
      context.warnings.dropped("Audio");
      return undefined;
    case "unknownJson":
      if (context.passUnknown) return { ...parseExtra(part.kind.value, `${context.at}.content`) };
      context.warnings.dropped("A content part of another dialect");
      return undefined;
    default:
      return undefined;
  }
}

/** Adds to a block what may stand on any of them: unknown fields of this dialect and a cache boundary. */
export function withRest(block: Block, part: Part, context: PartContext): Block {
  let whole = block;
  if (part.extraJson !== "") {
    if (context.passUnknown) whole = { ...parseExtra(part.extraJson, `${context.at}.content`), ...block };
    else context.warnings.dropped("An unknown field of a content part");
  }
  context.cache.mark(whole, part.cacheControl);
  return whole;
}

/** One content part as a block; undefined if it has none here (tool calls, results and thinking are mapped elsewhere). */
export function mapPart(part: Part, context: PartContext): Block | undefined {
  const block = known(part, context);
  return block === undefined ? undefined : withRest(block, part, context);
}

/** The blocks of parts, without those that have none. */
export function mapParts(parts: readonly Part[], context: PartContext): Block[] {
  return parts.map((part) => mapPart(part, context)).filter((block) => block !== undefined);
}
