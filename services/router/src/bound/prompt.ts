import type { ChatRequest, Media, Part } from "@sluice/proto/chat/v1/chat";
import { remoteParts } from "./remote-parts.ts";

/** What a request asks a model to read, gathered once for all candidates. */
export interface Prompt {
  /** Everything that is text, in no particular order. */
  readonly texts: readonly string[];
  /** UTF-8 bytes of these texts. */
  readonly bytes: number;
  readonly messages: number;
  readonly tools: number;
  /** Tool calls and results in the conversation. */
  readonly calls: number;
  readonly schema: boolean;
  /** True if there are tools, calls or a schema, for which templates have words of their own. */
  readonly structured: boolean;
  readonly images: number;
  /** Bytes of what is no text and no image: inline audio and files, sealed reasoning. A token stands for at least one. */
  readonly opaqueBytes: number;
  /** What nobody can bound by looking at the request, in words. */
  readonly unbounded: readonly string[];
}

/** Least tokens of an inline file: a page that takes few bytes is read as a picture all the same. */
const FILE_TOKENS_MIN = 4_096;

/** Reads a request through. */
export function readPrompt(chat: ChatRequest): Prompt {
  const reader = new PromptReader();
  // Fields nobody here knows may end up in the prompt too (the older "functions", for one).
  reader.text(chat.extraJson);
  for (const { name, extraJson, parts } of chat.messages) {
    reader.text(name);
    reader.text(extraJson);
    for (const part of parts) reader.part(part);
  }
  for (const tool of chat.tools) {
    const schema = longer(tool.parametersJson, tool.exactJson);
    for (const text of [tool.name, tool.description, schema, tool.extraJson]) reader.text(text);
  }
  const format = chat.responseFormat;
  if (format !== undefined) {
    const form = longer(format.schemaJson, format.exactJson);
    for (const text of [form, format.name, format.description]) reader.text(text);
  }
  for (const what of remoteParts(chat)) reader.unbounded.add(what);
  const schema = format !== undefined && format.schemaJson !== "";
  // The older way to declare tools is among the fields that no other place has.
  const older = chat.extraJson.includes('"functions"') ? 1 : 0;
  const tools = chat.tools.length + older;
  return {
    texts: reader.texts,
    bytes: reader.bytes,
    messages: chat.messages.length,
    tools,
    calls: reader.calls,
    schema,
    structured: tools > 0 || reader.calls > 0 || schema,
    images: reader.images,
    opaqueBytes: reader.opaqueBytes,
    unbounded: [...reader.unbounded],
  };
}

/** Which of the two a provider is sent depends on its dialect. */
function longer(schema: string, exact: string | undefined): string {
  return exact !== undefined && exact.length > schema.length ? exact : schema;
}

class PromptReader {
  readonly texts: string[] = [];
  bytes = 0;
  images = 0;
  calls = 0;
  opaqueBytes = 0;
  readonly unbounded = new Set<string>();

  text(text: string): void {
    if (text === "") return;
    this.texts.push(text);
    this.bytes += Buffer.byteLength(text, "utf8");
  }

  part(part: Part): void {
    this.text(part.extraJson);
    const { kind } = part;
    switch (kind?.$case) {
      case "text":
      case "refusal":
      case "unknownJson":
        this.text(kind.value);
        return;
      case "reasoning":
        this.text(kind.value.text);
        this.opaqueBytes += Buffer.byteLength(kind.value.signature, "utf8");
        return;
      case "toolCall":
        this.calls++;
        for (const text of [kind.value.name, kind.value.argumentsJson, kind.value.id]) this.text(text);
        return;
      case "toolResult":
        this.calls++;
        this.text(kind.value.toolCallId);
        for (const inner of kind.value.parts) this.part(inner);
        return;
      case "image":
        this.images++;
        return;
      case "audio":
        this.#media(kind.value.media, { name: "audio", least: 0 });
        return;
      case "file":
        this.#media(kind.value.media, { name: "file", least: FILE_TOKENS_MIN });
        return;
      default:
        return;
    }
  }

  /** Inline media cannot cost more tokens than bytes; a reference to something elsewhere can cost anything. */
  #media(media: Media | undefined, kind: { readonly name: string; readonly least: number }): void {
    if (media?.source?.$case === "data") this.opaqueBytes += Math.max(kind.least, media.source.value.length);
    else this.unbounded.add(kind.name);
  }
}
