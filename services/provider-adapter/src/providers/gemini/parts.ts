import type { AudioPart, FilePart, ImagePart, Media, Part } from "@sluice/proto/chat/v1/chat";
import { parseExtra, type Warnings } from "../openai/warnings.ts";

/** What mapping a part needs besides the part. */
export interface PartContext {
  /** Name of this provider: signatures made elsewhere are not valid here. */
  readonly provider: string;
  readonly warnings: Warnings;
  /** True if unknown fields are in Google's own dialect and may pass. */
  readonly passUnknown: boolean;
  /** True for models that take media inside the result of a tool and want every call of a turn signed. */
  readonly thirdGeneration: boolean;
  /** Where the part stands, for messages, e.g. `messages[3]`. */
  readonly at: string;
}

/** A part in Google's form. */
export type WireRequestPart = Record<string, unknown>;

const AUDIO_TYPES: Readonly<Record<string, string>> = {
  wav: "audio/wav",
  mp3: "audio/mp3",
  flac: "audio/flac",
  opus: "audio/ogg",
  ogg: "audio/ogg",
  aac: "audio/aac",
  m4a: "audio/m4a",
  aiff: "audio/aiff",
  pcm16: "audio/l16",
  webm: "audio/webm",
};

const BY_ENDING: Readonly<Record<string, string>> = {
  ...AUDIO_TYPES,
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  webp: "image/webp",
  gif: "image/gif",
  heic: "image/heic",
  heif: "image/heif",
  avif: "image/avif",
  pdf: "application/pdf",
  txt: "text/plain",
  md: "text/markdown",
  csv: "text/csv",
  html: "text/html",
  json: "application/json",
  xml: "text/xml",
  mp4: "video/mp4",
  mov: "video/quicktime",
};

/** First bytes, in hexadecimal, of the pictures and documents that come without a type. */
const BY_START: readonly (readonly [string, string])[] = [
  ["89504e47", "image/png"],
  ["ffd8ff", "image/jpeg"],
  ["47494638", "image/gif"],
  ["25504446", "application/pdf"],
];

function byEnding(name: string): string | undefined {
  const ending = /\.([a-z0-9]{2,5})(?:[?#]|$)/i.exec(name)?.[1]?.toLowerCase();
  return ending !== undefined && Object.hasOwn(BY_ENDING, ending) ? BY_ENDING[ending] : undefined;
}

function byStart(data: Uint8Array): string | undefined {
  const start = Buffer.from(data.subarray(0, 4)).toString("hex");
  // A RIFF file may be a picture or a sound: its kind stands behind its length.
  if (Buffer.from(data.subarray(8, 12)).toString("latin1") === "WEBP") return "image/webp";
  return BY_START.find(([bytes]) => start.startsWith(bytes))?.[1];
}

function base64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
}

/** An address inside a request that carries the bytes itself. */
const DATA_URL = /^data:([^;,]+)(?:;[^;,]+)*;base64,/i;

function atAddress(url: string, mimeType: string, fallback: string): WireRequestPart {
  const inside = DATA_URL.exec(url);
  if (inside !== null) return { inlineData: { mimeType: inside[1] ?? fallback, data: url.slice(inside[0].length) } };
  return { fileData: { fileUri: url, mimeType: mimeType || byEnding(url) || fallback } };
}

/** Where files uploaded to Google lie; parts refer to them by their whole address. */
const FILES = "https://generativelanguage.googleapis.com/v1beta/";

/** Bytes, an address or an uploaded file; undefined (with a warning) if it is somebody else's file. */
function mediaPart(
  media: Media | undefined,
  what: string,
  fallback: string,
  context: PartContext,
): WireRequestPart | undefined {
  const source = media?.source;
  const mimeType = media?.mimeType ?? "";
  if (source?.$case === "data") {
    if (source.value.length === 0) {
      context.warnings.dropped(`${what} without content`);
      return undefined;
    }
    const type = mimeType || byEnding(media?.name ?? "") || byStart(source.value) || fallback;
    return { inlineData: { mimeType: type, data: base64(source.value) } };
  }
  if (source?.$case === "url") return atAddress(source.value, mimeType, fallback);
  if (source?.$case === "fileId" && /^(?:https?:\/\/|gs:\/\/|files\/)/.test(source.value)) {
    const fileUri = source.value.startsWith("files/") ? FILES + source.value : source.value;
    return { fileData: { fileUri, ...(mimeType !== "" && { mimeType }) } };
  }
  context.warnings.dropped(`${what} by file id`);
  return undefined;
}

function imagePart(image: ImagePart, context: PartContext): WireRequestPart | undefined {
  if (image.detail !== "" && image.detail !== "auto") context.warnings.dropped("The detail of an image");
  return mediaPart(image.media, "An image", "image/jpeg", context);
}

function audioPart(audio: AudioPart, context: PartContext): WireRequestPart | undefined {
  if (audio.previousAudioId !== "") {
    context.warnings.dropped("An earlier audio answer by its id");
    return undefined;
  }
  const format = audio.format.toLowerCase();
  const type = Object.hasOwn(AUDIO_TYPES, format) ? AUDIO_TYPES[format] : undefined;
  const media = audio.media && { ...audio.media, mimeType: audio.media.mimeType || (type ?? "audio/wav") };
  return mediaPart(media, "Audio", "audio/wav", context);
}

function filePart(file: FilePart, context: PartContext): WireRequestPart | undefined {
  if (file.citations) context.warnings.dropped("Citing passages of a file");
  return mediaPart(file.media, "A file", "application/pdf", context);
}

function known(part: Part, context: PartContext): WireRequestPart | undefined {
  switch (part.kind?.$case) {
    case "text":
    case "refusal":
      return part.kind.value === "" ? undefined : { text: part.kind.value };
    case "image":
      return imagePart(part.kind.value, context);
    case "audio":
      return audioPart(part.kind.value, context);
    case "file":
      return filePart(part.kind.value, context);
    case "unknownJson":
      if (context.passUnknown) return { ...parseExtra(part.kind.value, `${context.at}.content`) };
      context.warnings.dropped("A content part of another dialect");
      return undefined;
    default:
      return undefined;
  }
}

/** One content part in Google's form; undefined if it has none there, or says nothing. */
export function mapPart(part: Part, context: PartContext): WireRequestPart | undefined {
  if (part.cacheControl !== undefined) context.warnings.dropped("cache_control");
  const wire = known(part, context);
  return wire === undefined ? undefined : withRest(wire, part, context);
}

/** Adds unknown fields of this dialect to a part. */
export function withRest(wire: WireRequestPart, part: Part, context: PartContext): WireRequestPart {
  if (part.extraJson === "") return wire;
  if (context.passUnknown) return { ...parseExtra(part.extraJson, `${context.at}.content`), ...wire };
  context.warnings.dropped("An unknown field of a content part");
  return wire;
}
