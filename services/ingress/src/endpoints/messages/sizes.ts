import type { Problems } from "../chat-completions/problems.ts";
import type { MessagesLimits } from "./schema.ts";

/** Entries of an object whose names the caller chooses. */
const ENTRIES_MAX = 10_000;

/**
 * Notes lists that are longer than allowed, before anybody looks into them: the schema measures a list only after it has read all of it,
 * and a body within its limit of bytes can hold enough tiny entries to stop everybody else's requests for seconds.
 */
export function addSizeProblems(problems: Problems, raw: unknown, limits: MessagesLimits): void {
  const { messages, tools, system, metadata, stop_sequences: stops } = fieldsOf(raw);
  check(problems, "messages", lengthOf(messages), limits.messagesMax);
  check(problems, "tools", lengthOf(tools), limits.toolsMax);
  check(problems, "system", lengthOf(system), limits.partsMax);
  check(problems, "stop_sequences", lengthOf(stops), ENTRIES_MAX);
  check(problems, "metadata", Object.keys(fieldsOf(metadata)).length, ENTRIES_MAX);
  if (!Array.isArray(messages) || messages.length > limits.messagesMax) return;
  let blocks = 0;
  for (const message of messages) {
    const { content } = fieldsOf(message);
    if (!Array.isArray(content)) continue;
    blocks += content.length;
    if (blocks > limits.partsMax) continue;
    for (const block of content) blocks += lengthOf(fieldsOf(block)["content"]);
  }
  if (blocks <= limits.partsMax) return;
  problems.add("messages", `must have at most ${limits.partsMax} content blocks together; got ${blocks}`);
}

function check(problems: Problems, path: string, size: number, limit: number): void {
  if (size > limit) problems.add(path, `must have at most ${limit} entries; got ${size}`);
}

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}
