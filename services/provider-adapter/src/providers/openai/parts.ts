import type { AudioPart, CacheControl, FilePart, ImagePart, Media, Part } from "@sluice/proto/chat/v1/chat";
import { parseExtra, type Warnings } from "./warnings.ts";
import { textOf } from "./wire.ts";

/** What mapping a part needs besides the part. */
export interface PartContext {
  readonly warnings: Warnings;
  /** True if unknown fields are in this provider's own dialect and may pass. */
  readonly passUnknown: boolean;
  /** True if tools were called in the turn the message belongs to. */
  readonly toolTurn: boolean;
  /** Kinds of part accepted beside text and pictures; undefined where all are, with any field. */
  readonly only: ReadonlySet<string> | undefined;
  /** True if marks for the prompt cache are taken. */
  readonly cacheMarks: boolean;
  /** Where the part stands, for messages, e.g. `messages[3]`. */
  readonly at: string;
}

type WirePart = Record<string, unknown>;

function base64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
}

function dataUrl(media: Media | undefined, fallbackType: string): string | undefined {
  const source = media?.source;
  if (source?.$case === "url") return source.value;
  if (source?.$case !== "data") return undefined;
  return `data:${media?.mimeType || fallbackType};base64,${base64(source.value)}`;
}

function imagePart(image: ImagePart, context: PartContext): WirePart | undefined {
  const url = dataUrl(image.media, "image/png");
  if (url === undefined) {
    context.warnings.dropped("An image by file id");
    return undefined;
  }
  return { type: "image_url", image_url: image.detail === "" ? { url } : { url, detail: image.detail } };
}

function audioPart(audio: AudioPart, context: PartContext): WirePart | undefined {
  const source = audio.media?.source;
  if (source?.$case !== "data") {
    context.warnings.dropped("Audio by address or file id");
    return undefined;
  }
  const format = audio.format || audio.media?.mimeType.split("/")[1] || "wav";
  return { type: "input_audio", input_audio: { data: base64(source.value), format } };
}

function filePart(part: FilePart, context: PartContext): WirePart | undefined {
  if (part.citations) context.warnings.dropped("Citing passages of a file");
  const source = part.media?.source;
  const named = part.media?.name ? { filename: part.media.name } : {};
  if (source?.$case === "fileId") return { type: "file", file: { ...named, file_id: source.value } };
  if (source?.$case === "data") {
    return { type: "file", file: { ...named, file_data: dataUrl(part.media, "application/pdf") } };
  }
  context.warnings.dropped("A file by address");
  return undefined;
}

function unknownPart(json: string, context: PartContext): WirePart | undefined {
  if (context.passUnknown) {
    const part = { ...parseExtra(json, `${context.at}.content`) };
    if (context.only === undefined || context.only.has(textOf(part["type"]))) return part;
  }
  context.warnings.dropped("A content part of another dialect");
  return undefined;
}

function known(part: Part, context: PartContext): WirePart | undefined {
  switch (part.kind?.$case) {
    case "text":
      return { type: "text", text: part.kind.value };
    case "image":
      return imagePart(part.kind.value, context);
    case "audio":
      return audioPart(part.kind.value, context);
    case "file":
      return filePart(part.kind.value, context);
    case "refusal":
      if (context.only !== undefined) return { type: "text", text: part.kind.value };
      return { type: "refusal", refusal: part.kind.value };
    case "unknownJson":
      return unknownPart(part.kind.value, context);
    default:
      return undefined;
  }
}

/** A mark for the prompt cache; the longer of the two lives is an hour. */
function cacheMark({ type, ttlSeconds }: CacheControl): Readonly<Record<string, unknown>> {
  return { type: type || "ephemeral", ...(ttlSeconds >= 3_600 && { ttl: "1h" }) };
}

/** One content part in OpenAI's form; undefined if it has none there (tool calls and reasoning are not content). */
export function mapPart(part: Part, context: PartContext): WirePart | undefined {
  const wire = known(part, context);
  if (wire === undefined) return undefined;
  if (part.cacheControl !== undefined) {
    if (context.cacheMarks) wire["cache_control"] = cacheMark(part.cacheControl);
    else context.warnings.dropped("cache_control");
  }
  if (part.extraJson === "") return wire;
  if (context.passUnknown && context.only === undefined)
    return { ...parseExtra(part.extraJson, `${context.at}.content`), ...wire };
  context.warnings.dropped("An unknown field of a content part");
  return wire;
}

/** The text of parts that are all text, as one string; undefined if any is something else. */
export function plainTextOf(parts: readonly Part[]): string | undefined {
  const only = parts[0];
  if (parts.length === 1 && only?.kind?.$case === "text") return only.kind.value;
  let joined = "";
  for (const part of parts) {
    if (part.kind?.$case !== "text") return undefined;
    joined += part.kind.value;
  }
  return joined;
}
