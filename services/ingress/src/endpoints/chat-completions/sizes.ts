import type { Problems } from "./problems.ts";
import type { ChatLimits } from "./schema.ts";

/** Entries of the objects whose names the caller chooses; far more than any provider takes. */
const ENTRIES_MAX = 10_000;

/**
 * Notes lists that are longer than allowed, before anybody looks into them: the schema measures a list only after it has read all of it,
 * and a body within its limit of bytes can hold enough tiny entries to stop everybody else's requests for seconds.
 */
export function addSizeProblems(problems: Problems, raw: unknown, limits: ChatLimits): void {
  const { messages, tools, metadata, logit_bias: bias } = Object(raw) as Readonly<Record<string, unknown>>;
  check(problems, "messages", lengthOf(messages), limits.messagesMax);
  check(problems, "tools", lengthOf(tools), limits.toolsMax);
  check(problems, "metadata", sizeOf(metadata), ENTRIES_MAX);
  check(problems, "logit_bias", sizeOf(bias), ENTRIES_MAX);
  if (!Array.isArray(messages) || messages.length > limits.messagesMax) return;
  let parts = 0;
  for (const message of messages) {
    const {
      content,
      tool_calls: calls,
      reasoning_details: details,
    } = Object(message) as Readonly<Record<string, unknown>>;
    parts += lengthOf(content) + lengthOf(calls) + lengthOf(details);
  }
  if (parts <= limits.partsMax) return;
  problems.add("messages", `must have at most ${limits.partsMax} content parts and tool calls together; got ${parts}`);
}

function check(problems: Problems, path: string, size: number, limit: number): void {
  if (size > limit) problems.add(path, `must have at most ${limit} entries; got ${size}`);
}

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

const sizeOf = (value: unknown): number =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value).length : 0;
