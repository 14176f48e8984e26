import type { Problems } from "../chat-completions/problems.ts";
import type { GeminiLimits } from "./schema.ts";

/**
 * Notes lists that are longer than allowed, before anybody looks into them: the schema measures a list only after it has read all of it,
 * and a body within its limit of bytes can hold enough tiny entries to stop everybody else's requests for seconds.
 */
export function addSizeProblems(problems: Problems, raw: unknown, limits: GeminiLimits): void {
  const body = fieldsOf(raw);
  const contents = listOf(body, "contents");
  check(problems, "contents", contents.length, limits.messagesMax);
  if (contents.length <= limits.messagesMax) {
    let parts = listOf(fieldsOf(body["systemInstruction"] ?? body["system_instruction"]), "parts").length;
    for (const content of contents) {
      const own = listOf(fieldsOf(content), "parts");
      parts += own.length;
      if (parts <= limits.partsMax) for (const part of own) parts += partsOfResult(fieldsOf(part));
    }
    if (parts > limits.partsMax) problems.add("contents", `must have at most ${limits.partsMax} parts; got ${parts}`);
  }
  // One tool may stand without a list.
  const tools = Array.isArray(body["tools"]) ? listOf(body, "tools") : [body["tools"]];
  check(problems, "tools", tools.length, limits.toolsMax);
  if (tools.length > limits.toolsMax) return;
  let functions = 0;
  for (const tool of tools) {
    const fields = fieldsOf(tool);
    functions += Math.max(
      listOf(fields, "functionDeclarations").length,
      listOf(fields, "function_declarations").length,
    );
  }
  check(problems, "tools", functions, limits.toolsMax);
}

/** What a function returned may hold media beside its words. */
function partsOfResult(part: Readonly<Record<string, unknown>>): number {
  return listOf(fieldsOf(part["functionResponse"] ?? part["function_response"]), "parts").length;
}

function check(problems: Problems, path: string, size: number, limit: number): void {
  if (size > limit) problems.add(path, `must have at most ${limit} entries; got ${size}`);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return Object(value) as Readonly<Record<string, unknown>>;
}

function listOf(fields: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const value = fields[name];
  return Array.isArray(value) ? value : [];
}
