import type { Media, Part } from "@sluice/proto/chat/v1/chat";
import { extrasOf } from "../chat-completions/extras.ts";
import { fromBase64, newPart, toMedia } from "../chat-completions/parts.ts";
import type { Problems } from "../chat-completions/problems.ts";
import type { PartBody } from "./schema.ts";

type Kind = NonNullable<Part["kind"]>;

const TEXT = new Set(["type", "text", "annotations", "logprobs"]);
const KNOWN: Readonly<Record<string, ReadonlySet<string>>> = {
  input_text: TEXT,
  output_text: TEXT,
  text: TEXT,
  refusal: new Set(["type", "refusal"]),
  input_image: new Set(["type", "image_url", "file_id", "detail"]),
  input_file: new Set(["type", "file_id", "file_url", "file_data", "filename"]),
  input_audio: new Set(["type", "input_audio"]),
};

/** Maps what a message or a tool's output says: a text, or a list of parts. */
export function toContent(content: string | readonly PartBody[], path: string, problems: Problems): Part[] {
  if (typeof content === "string") return [newPart({ $case: "text", value: content })];
  return content.map((part, index) => toPart(part, `${path}[${index}]`, problems));
}

/** True if the parts are what a plain text would have become. */
export function isPlainText(parts: readonly Part[]): boolean {
  const [only] = parts;
  return parts.length === 1 && only?.kind?.$case === "text" && only.extraJson === "";
}

function toPart(body: PartBody, path: string, problems: Problems): Part {
  const known = Object.hasOwn(KNOWN, body.type) ? KNOWN[body.type] : undefined;
  if (known === undefined) return newPart({ $case: "unknownJson", value: JSON.stringify(body) });
  const kind = toKind(body, path, problems);
  if (kind === undefined) return newPart({ $case: "text", value: "" });
  return { kind, cacheControl: undefined, extraJson: extrasOf(body, known) };
}

function toKind(body: PartBody, path: string, problems: Problems): Kind | undefined {
  switch (body.type) {
    case "refusal":
      if (typeof body.refusal === "string") return { $case: "refusal", value: body.refusal };
      problems.add(`${path}.refusal`, 'is required in a part of type "refusal"');
      return undefined;
    case "input_image":
      return toImage(body, path, problems);
    case "input_file":
      return toFile(body, path, problems);
    case "input_audio":
      return toAudio(body, path, problems);
    default:
      if (typeof body.text === "string") return { $case: "text", value: body.text };
      problems.add(`${path}.text`, `is required in a part of type "${body.type}"`);
      return undefined;
  }
}

function toImage(body: PartBody, path: string, problems: Problems): Kind {
  const detail = body.detail ?? "";
  if (body.image_url) {
    return { $case: "image", value: { media: toMedia(body.image_url, `${path}.image_url`, problems), detail } };
  }
  if (!body.file_id) problems.add(path, 'needs image_url or file_id in a part of type "input_image"');
  return { $case: "image", value: { media: byId(body), detail } };
}

function toFile(body: PartBody, path: string, problems: Problems): Kind {
  const name = body.filename ?? "";
  const file = (media: Media): Kind => ({ $case: "file", value: { media: { ...media, name }, citations: false } });
  if (body.file_id) return file(byId(body));
  if (body.file_url) return file({ source: { $case: "url", value: body.file_url }, mimeType: "", name });
  if (typeof body.file_data !== "string") {
    problems.add(path, 'needs file_data, file_url or file_id in a part of type "input_file"');
  }
  const given = body.file_data ?? "";
  if (given.startsWith("data:")) return file(toMedia(given, `${path}.file_data`, problems));
  const data = fromBase64(given, `${path}.file_data`, problems);
  return file({ source: { $case: "data", value: data }, mimeType: "", name });
}

function toAudio(body: PartBody, path: string, problems: Problems): Kind {
  if (!body.input_audio) problems.add(`${path}.input_audio`, 'is required in a part of type "input_audio"');
  const data = fromBase64(body.input_audio?.data ?? "", `${path}.input_audio.data`, problems);
  const media: Media = { source: { $case: "data", value: data }, mimeType: "", name: "" };
  return { $case: "audio", value: { media, format: body.input_audio?.format ?? "", previousAudioId: "" } };
}

const byId = (body: PartBody): Media => ({
  source: { $case: "fileId", value: body.file_id ?? "" },
  mimeType: "",
  name: "",
});
