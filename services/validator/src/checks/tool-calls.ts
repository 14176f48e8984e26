import { type ChatRequest, type Tool, type ToolCall, ToolChoiceMode } from "@sluice/proto/chat/v1/chat";
import { type Answer, Phase } from "@sluice/proto/validator/v1/validator_service";
import type { Schemas } from "../schema/schemas.ts";
import { type Check, fail, type Opinion, PASS, skipped, undecided } from "./check.ts";

/**
 * Holds tool calls against the request: the choice the caller made, known names, arguments that are one JSON object and fit the tool's
 * schema. Empty arguments mean an empty object. Tools that the provider runs itself, and calls of another kind than functions, are
 * only held against the choice.
 */
export function toolCalls(schemas: Schemas): Check {
  return {
    name: "tool-calls",
    judge: ({ answer, phase, chat }): Opinion => {
      if (chat === undefined || (chat.tools.length === 0 && answer.toolCalls.length === 0)) return PASS;
      const choice = judgeChoice(answer, chat, phase);
      if (choice !== PASS || answer.toolCalls.length === 0) return choice;
      const byName = judgeNames(answer.toolCalls, chat);
      if (byName !== PASS) return byName;
      if (phase !== Phase.PHASE_FINAL) return undecided("the tool call is not complete yet");
      return judgeArguments(answer.toolCalls, chat, schemas);
    },
  };
}

function judgeChoice(answer: Answer, chat: ChatRequest, phase: Phase): Opinion {
  const choice = chat.toolChoice;
  const { toolCalls: calls } = answer;
  if (calls.length > 1 && chat.parallelToolCalls === false) return fail("several tool calls where one was allowed");
  if (choice === undefined || choice.unknownJson !== "") return PASS;
  if (choice.mode === ToolChoiceMode.TOOL_CHOICE_MODE_NONE) {
    return calls.length > 0 ? fail("a tool call although none was allowed") : PASS;
  }
  if (calls.length === 0) return isDemanded(choice.mode) ? absent(answer, phase) : PASS;
  if (choice.names.length > 0 && calls.some((call) => isFunction(call) && !choice.names.includes(call.name))) {
    return fail("a call of a tool that the request's choice excludes");
  }
  return PASS;
}

function isDemanded(mode: ToolChoiceMode): boolean {
  return mode === ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED || mode === ToolChoiceMode.TOOL_CHOICE_MODE_NAMED;
}

/** A refusal is not blamed twice. */
function absent(answer: Answer, phase: Phase): Opinion {
  if (answer.refusal !== "") return PASS;
  return phase === Phase.PHASE_FINAL ? fail("no tool call although one was demanded") : undecided("no tool call yet");
}

function judgeNames(calls: readonly ToolCall[], chat: ChatRequest): Opinion {
  const ids = new Set<string>();
  for (const call of calls) {
    if (call.id !== "" && ids.size === ids.add(call.id).size) return fail("two tool calls with the same id");
    if (isFunction(call) && toolOf(call, chat) === undefined)
      return fail("a call of a tool that the request does not have");
  }
  return PASS;
}

function judgeArguments(calls: readonly ToolCall[], chat: ChatRequest, schemas: Schemas): Opinion {
  let opinion = PASS;
  for (const call of calls) {
    const tool = toolOf(call, chat);
    if (!isFunction(call) || tool === undefined) continue;
    const judged = judgeCall(call, tool, schemas);
    if (judged.decision === "fail") return judged;
    if (judged.decision === "skipped") opinion = judged;
  }
  return opinion;
}

function judgeCall(call: ToolCall, tool: Tool, schemas: Schemas): Opinion {
  const text = call.argumentsJson.trim() === "" ? "{}" : call.argumentsJson;
  const value = parse(text);
  if (value === undefined) return fail("the arguments of a tool call are not valid JSON");
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return fail("the arguments of a tool call are not a JSON object");
  }
  if (tool.parametersJson === "") return PASS;
  const fit = schemas.check(tool.parametersJson, value, text.length);
  if (fit.outcome === "fits") return PASS;
  return fit.outcome === "unfit" ? fail(`arguments of a tool call: ${fit.detail}`) : skipped(fit.detail);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isFunction(call: ToolCall): boolean {
  return call.type === "" || call.type === "function";
}

function toolOf(call: ToolCall, chat: ChatRequest): Tool | undefined {
  return chat.tools.find((tool) => tool.name === call.name && (tool.type === "" || tool.type === "function"));
}
