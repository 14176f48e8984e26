import { type Message, type Part, Role } from "@sluice/proto/chat/v1/chat";
import { extrasOf } from "../chat-completions/extras.ts";
import { newPart } from "../chat-completions/parts.ts";
import type { Problems } from "../chat-completions/problems.ts";
import { toParts } from "./parts.ts";
import type { ContentBody, GeminiBody } from "./schema.ts";

const CONTENT_FIELDS = new Set(["role", "parts"]);

/** Maps the instruction and the turns. Results of functions become messages of their own, as everywhere else. */
export function toMessages(body: Pick<GeminiBody, "systemInstruction" | "contents">, problems: Problems): Message[] {
  const messages: Message[] = [];
  const { systemInstruction: system } = body;
  if (typeof system === "string")
    messages.push(newMessage(Role.ROLE_SYSTEM, [newPart({ $case: "text", value: system })]));
  else if (system) {
    checkInstruction(system, problems);
    const parts = partsOf(system, "systemInstruction", problems);
    if (parts.length > 0) messages.push(newMessage(Role.ROLE_SYSTEM, parts));
  }
  for (const [index, content] of body.contents.entries()) addContent(messages, content, `contents[${index}]`, problems);
  return messages;
}

/** Maps one turn. Turns of the model that follow each other are one: clients keep each event of a stream as a turn of its own. */
export function addContent(into: Message[], body: ContentBody, path: string, problems: Problems): void {
  checkPlaces(body, path, problems);
  const parts = partsOf(body, path, problems);
  if (body.role === "model") {
    const last = into.at(-1);
    const goesOn = last?.role === Role.ROLE_ASSISTANT && last.extraJson === "";
    const all = joinThoughts(goesOn ? [...last.parts, ...parts] : parts);
    if (goesOn) into.pop();
    into.push({ ...newMessage(Role.ROLE_ASSISTANT, all), extraJson: extrasOf(body, CONTENT_FIELDS) });
    return;
  }
  const rest: Part[] = [];
  let last: Message | undefined;
  for (const part of parts) {
    if (part.kind?.$case !== "toolResult") {
      rest.push(part);
      continue;
    }
    last = newMessage(Role.ROLE_TOOL, [part]);
    into.push(last);
  }
  if (rest.length > 0 || last === undefined) {
    into.push({ ...newMessage(Role.ROLE_USER, rest), extraJson: extrasOf(body, CONTENT_FIELDS) });
  }
}

function checkPlaces({ role, parts }: ContentBody, path: string, problems: Problems): void {
  for (const [index, { functionCall, functionResponse, thought }] of (parts ?? []).entries()) {
    const at = `${path}.parts[${index}]`;
    if (role === "model") {
      if (functionResponse) problems.add(`${at}.functionResponse`, 'may only stand in a turn of role "user"');
    } else if (functionCall) problems.add(`${at}.functionCall`, 'may only stand in a turn of role "model"');
    else if (thought === true) problems.add(`${at}.thought`, 'may only stand in a turn of role "model"');
  }
}

function checkInstruction({ parts }: Pick<ContentBody, "parts">, problems: Problems): void {
  for (const [index, { functionCall, functionResponse, thought }] of (parts ?? []).entries()) {
    if (!functionCall && !functionResponse && thought !== true) continue;
    problems.add(`systemInstruction.parts[${index}]`, "must be text: an instruction neither calls, answers nor thinks");
  }
}

function newMessage(role: Role, parts: Part[]): Message {
  return { role, parts, name: "", plainText: false, extraJson: "" };
}

function partsOf({ parts }: Pick<ContentBody, "parts">, path: string, problems: Problems): Part[] {
  return (parts ?? []).flatMap((part, index) => toParts(part, `${path}.parts[${index}]`, problems));
}

/** Thinking that another dialect's provider signed came in pieces of which the last one has the signature: they are one block again. */
function joinThoughts(parts: readonly Part[]): Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const { kind } = part;
    if (kind?.$case !== "reasoning" || kind.value.provider === "") {
      joined.push(part);
      continue;
    }
    let { text } = kind.value;
    for (let last = unsigned(joined.at(-1)); last !== undefined; last = unsigned(joined.at(-1))) {
      text = last + text;
      joined.pop();
    }
    joined.push({ ...part, kind: { $case: "reasoning", value: { ...kind.value, text } } });
  }
  return joined;
}

function unsigned(part: Part | undefined): string | undefined {
  if (part?.kind?.$case !== "reasoning" || part.kind.value.signature !== "" || part.kind.value.provider !== "") {
    return undefined;
  }
  return part.kind.value.text;
}
