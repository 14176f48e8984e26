import type { Part, ToolCall, ToolResult } from "@sluice/proto/chat/v1/chat";
import { calledName } from "../tool-names.ts";
import { mapPart, type PartContext, type WireRequestPart } from "./parts.ts";
import { isObject } from "./wire.ts";

/** Names of the functions that were called so far, by the call's id: results pair by name. */
export type CallNames = Map<string, string>;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A model may have written anything; it is passed on as text.
    return undefined;
  }
}

function argumentsOf(call: ToolCall, context: PartContext): unknown {
  if (call.argumentsJson.trim() === "") return {};
  const parsed = parseJson(call.argumentsJson);
  if (isObject(parsed)) return parsed;
  context.warnings.say("Arguments of an earlier tool call that are no JSON object were sent as text.");
  return { arguments: call.argumentsJson };
}

const NAME_MAX = 128;

/** A name Google takes, which begins with a letter or an underscore. */
function wireName(name: string): string {
  const whole = calledName(name, /[^a-zA-Z0-9_.:-]/g, NAME_MAX - 1);
  return /^[a-zA-Z_]/.test(whole) ? whole : `_${whole}`;
}

/** An earlier call of the model. Its signature goes back on the same part, byte for byte, if it was made by this provider. */
export function callPart(call: ToolCall, names: CallNames, context: PartContext): WireRequestPart {
  if (call.id !== "") names.set(call.id, call.name);
  const name = wireName(call.name);
  const functionCall = { ...(call.id !== "" && { id: call.id }), name, args: argumentsOf(call, context) };
  const ours = call.provider === context.provider || (call.provider === "" && context.passUnknown);
  const signed = call.signature !== "" && ours;
  return signed ? { functionCall, thoughtSignature: call.signature } : { functionCall };
}

function textOfParts(parts: readonly Part[]): string {
  return parts.map((part) => (part.kind?.$case === "text" ? part.kind.value : "")).join("");
}

/** A result is an object: one that a tool wrote stays as it is, any other text stands under the word Google looks for. */
function responseOf(result: ToolResult): Record<string, unknown> {
  const text = textOfParts(result.parts);
  if (result.isError) return { error: text };
  const parsed = text.trimStart().startsWith("{") ? parseJson(text) : undefined;
  return isObject(parsed) ? { ...parsed } : { output: text };
}

function nameOf(result: ToolResult, names: CallNames, context: PartContext): string {
  const name = names.get(result.toolCallId) || result.name;
  if (name !== "") return name;
  context.warnings.say("A tool result names no call of this conversation: its id was sent as the function's name.");
  return result.toolCallId || "unknown";
}

/** The result of one call: its object, and whatever it shows or plays, inside it where the model takes that, else behind it. */
export function resultParts(result: ToolResult, names: CallNames, context: PartContext): WireRequestPart[] {
  const media: WireRequestPart[] = [];
  for (const part of result.parts) {
    const wire = part.kind?.$case === "text" ? undefined : mapPart(part, context);
    if (wire !== undefined) media.push(wire);
  }
  const inside =
    context.thirdGeneration || context.passUnknown ? media.filter((part) => part["inlineData"] !== undefined) : [];
  const behind = media.filter((part) => !inside.includes(part));
  const functionResponse = {
    ...(result.toolCallId !== "" && { id: result.toolCallId }),
    name: wireName(nameOf(result, names, context)),
    response: responseOf(result),
    ...(inside.length > 0 && { parts: inside }),
  };
  return [{ functionResponse }, ...behind];
}
