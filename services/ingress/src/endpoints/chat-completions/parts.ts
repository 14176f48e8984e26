import type { CacheControl, Media, Part } from "@sluice/proto/chat/v1/chat";
import { extrasOf, hasExtras } from "./extras.ts";
import type { Problems } from "./problems.ts";
import type { CacheControlBody, PartBody } from "./schema.ts";

type Kind = NonNullable<Part["kind"]>;

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)?(?:;[\w.+-]+=[^;,]*)*;base64,/i;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const MARKUP = ["type", "cache_control"];
const KNOWN: Readonly<Record<string, ReadonlySet<string>>> = {
  text: new Set([...MARKUP, "text"]),
  refusal: new Set([...MARKUP, "refusal"]),
  image_url: new Set([...MARKUP, "image_url"]),
  input_audio: new Set([...MARKUP, "input_audio"]),
  file: new Set([...MARKUP, "file"]),
};
const IMAGE_FIELDS = new Set(["url", "detail"]);
const AUDIO_FIELDS = new Set(["data", "format"]);
const FILE_FIELDS = new Set(["file_data", "file_id", "filename"]);
const CACHE_FIELDS = new Set(["type", "ttl"]);

const TTL_UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/** Turns one kind of content into the canonical part without its markup. */
export function newPart(kind: Kind): Part {
  return { kind, cacheControl: undefined, extraJson: "" };
}

/** Maps one content part. A kind of part Sluice does not know is carried whole as JSON text. */
export function toPart(body: PartBody, path: string, problems: Problems): Part {
  const known = KNOWN[body.type];
  if (known === undefined || !Object.hasOwn(KNOWN, body.type) || !isSayable(body)) return unknownPart(body);
  const kind = toKind(body, path, problems);
  if (kind === undefined) return unknownPart(body);
  return { kind, cacheControl: toCacheControl(body.cache_control), extraJson: extrasOf(body, known) };
}

/** Seconds a prompt-cache entry is to live: `"5m"`, `"1h"`, `"90s"` or a number; 0 leaves it to the provider. */
export function toCacheControl(body: CacheControlBody | null | undefined): CacheControl | undefined {
  if (body === null || body === undefined) return undefined;
  return { type: body.type, ttlSeconds: ttlSeconds(body.ttl) ?? 0 };
}

/** True if the canonical form says everything of a cache mark. */
export function isPlainCacheControl(body: CacheControlBody | null | undefined): boolean {
  return body === null || body === undefined || (ttlSeconds(body.ttl) !== undefined && !hasExtras(body, CACHE_FIELDS));
}

function ttlSeconds(ttl: string | number | null | undefined): number | undefined {
  if (ttl === null || ttl === undefined) return 0;
  if (typeof ttl === "number") return ttl <= 31_536_000 ? ttl : undefined;
  const match = /^(\d{1,6})([smh])$/.exec(ttl);
  return match === null ? undefined : Number(match[1]) * (TTL_UNITS[match[2] ?? ""] ?? 1);
}

const unknownPart = (body: PartBody): Part => newPart({ $case: "unknownJson", value: JSON.stringify(body) });

/** A known part with unknown fields inside its own object has no canonical place for them. */
function isSayable(body: PartBody): boolean {
  if (!isPlainCacheControl(body.cache_control)) return false;
  if (body.image_url) return !hasExtras(body.image_url, IMAGE_FIELDS);
  if (body.input_audio) return !hasExtras(body.input_audio, AUDIO_FIELDS);
  if (body.file) return !hasExtras(body.file, FILE_FIELDS);
  return true;
}

function toKind(body: PartBody, path: string, problems: Problems): Kind | undefined {
  switch (body.type) {
    case "text":
      if (typeof body.text === "string") return { $case: "text", value: body.text };
      break;
    case "refusal":
      if (typeof body.refusal === "string") return { $case: "refusal", value: body.refusal };
      break;
    case "image_url":
      if (body.image_url) return toImage(body.image_url, `${path}.image_url`, problems);
      break;
    case "input_audio":
      if (body.input_audio) return toAudio(body.input_audio, `${path}.input_audio`, problems);
      break;
    case "file":
      if (body.file) return toFile(body.file, `${path}.file`, problems);
      break;
  }
  problems.add(`${path}.${body.type}`, `is required in a part of type "${body.type}"`);
  return undefined;
}

function toImage(image: NonNullable<PartBody["image_url"]>, path: string, problems: Problems): Kind {
  const media = toMedia(image.url, `${path}.url`, problems);
  return { $case: "image", value: { media, detail: image.detail ?? "" } };
}

function toAudio(audio: NonNullable<PartBody["input_audio"]>, path: string, problems: Problems): Kind {
  const data = fromBase64(audio.data, `${path}.data`, problems);
  const media: Media = { source: { $case: "data", value: data }, mimeType: "", name: "" };
  return { $case: "audio", value: { media, format: audio.format, previousAudioId: "" } };
}

function toFile(file: NonNullable<PartBody["file"]>, path: string, problems: Problems): Kind {
  const name = file.filename ?? "";
  if (file.file_id) {
    const source = { $case: "fileId", value: file.file_id } as const;
    return { $case: "file", value: { media: { source, mimeType: "", name }, citations: false } };
  }
  if (typeof file.file_data !== "string") problems.add(path, "needs file_data or file_id");
  const media = toMedia(file.file_data ?? "", `${path}.file_data`, problems);
  return { $case: "file", value: { media: { ...media, name }, citations: false } };
}

/** Reads a data URL into bytes; any other address is left for the provider to fetch. */
export function toMedia(url: string, path: string, problems: Problems): Media {
  if (!url.startsWith("data:")) return { source: { $case: "url", value: url }, mimeType: "", name: "" };
  const match = DATA_URL.exec(url.slice(0, 256));
  if (match === null) {
    problems.add(path, "must be a base64 data URL (data:<type>;base64,…)");
    return { source: undefined, mimeType: "", name: "" };
  }
  const data = fromBase64(url.slice(match[0].length), path, problems);
  return { source: { $case: "data", value: data }, mimeType: match[1] ?? "", name: "" };
}

/** Bytes of a base64 text; a text that is none is noted as a fault. */
export function fromBase64(text: string, path: string, problems: Problems): Buffer {
  if (!BASE64.test(text)) problems.add(path, "is not valid base64");
  return Buffer.from(text, "base64");
}
