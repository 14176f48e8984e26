import type { Random } from "./random.ts";
import { schemaInstance } from "./schema-instance.ts";
import { splitEvery } from "./text.ts";
import type { Ask, OfferedTool, Piece } from "./types.ts";

interface PlannedCall {
  readonly tool: OfferedTool;
  /** The thing of the prompt this call is about. */
  readonly subject: string | undefined;
}

const CALLS_MAX = 8;
const ARGUMENT_PIECE_LENGTH = 5;
const ID_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
/** Words of tool names that say nothing about when to use the tool. */
const DULL = new Set([
  "call",
  "current",
  "data",
  "fetch",
  "find",
  "from",
  "info",
  "list",
  "lookup",
  "make",
  "tool",
  "user",
  "with",
]);

/** Decides which tools an answer calls: none, the forced ones, or those whose names occur in the prompt. */
export function planCalls(ask: Ask): readonly PlannedCall[] {
  if (ask.tools.length === 0 || ask.toolChoice === "none") return [];
  if (ask.toolResult !== undefined && ask.toolChoice === "auto") return [];
  const fitting = ask.tools.filter((tool) => isMeant(tool, ask.prompt));
  const first = fitting[0] ?? (ask.toolChoice === "required" ? ask.tools[0] : undefined);
  if (first === undefined) return [];
  const subjects = subjectsOf(ask.prompt);
  if (!ask.parallelTools) return [{ tool: first, subject: subjects[0] }];
  if (fitting.length > 1)
    return fitting.slice(0, CALLS_MAX).map((tool, index) => ({ tool, subject: subjects[index] ?? subjects[0] }));
  if (subjects.length < 2) return [{ tool: first, subject: subjects[0] }];
  return subjects.slice(0, CALLS_MAX).map((subject) => ({ tool: first, subject }));
}

/** A tool is meant if its name, or a telling word of it, is in the prompt. */
function isMeant(tool: OfferedTool, prompt: string): boolean {
  const text = prompt.toLowerCase();
  if (text.includes(tool.name.toLowerCase())) return true;
  const words = tool.name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/);
  return words.some((word) => word.length >= 4 && !DULL.has(word) && text.includes(word));
}

/** Proper names inside the prompt's sentences ("Paris", "New York"), in order, each once. */
function subjectsOf(prompt: string): string[] {
  const names = prompt.matchAll(/(?<![.?!:]\s*|^\s*)\b\p{Lu}\p{Ll}{2,}(?: \p{Lu}\p{Ll}{2,})*/gu);
  return [...new Set(Array.from(names, (match) => match[0]))];
}

/** The pieces of the planned calls: for each one its start, then its arguments in fragments. */
export function callPieces(ask: Ask, calls: readonly PlannedCall[], random: Random): Piece[] {
  const pieces: Piece[] = [];
  for (const [call, { tool, subject }] of calls.entries()) {
    pieces.push({ kind: "tool-start", call, id: callId(random), name: tool.name });
    const value = schemaInstance(tool.parameters ?? { type: "object" }, random, subject);
    const text = breakIfAsked(ask, JSON.stringify(typeof value === "object" && value !== null ? value : {}));
    for (const piece of splitEvery(text, ARGUMENT_PIECE_LENGTH))
      pieces.push({ kind: "tool-arguments", call, text: piece });
  }
  return pieces;
}

function callId(random: Random): string {
  let id = "call_";
  for (let index = 0; index < 24; index++) id += ID_ALPHABET[random.integer(ID_ALPHABET.length)] ?? "A";
  return id;
}

/** With the fault `bad-json`: the same JSON with its end replaced so that no parser accepts it. */
export function breakIfAsked(ask: Ask, json: string): string {
  return ask.model.faults.has("bad-json") ? `${json.slice(0, -1)},` : json;
}
