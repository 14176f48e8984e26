import { type Message, Role } from "@sluice/proto/chat/v1/chat";
import { mapPart, type PartContext, type WireRequestPart, withRest } from "./parts.ts";
import { type CallNames, callPart, resultParts } from "./tool-results.ts";

/** One turn in Google's form. */
export interface WireContent {
  readonly role: "user" | "model";
  readonly parts: WireRequestPart[];
}

/** The conversation, its instructions apart. */
export interface MappedContents {
  readonly contents: readonly WireContent[];
  readonly systemInstruction: { readonly parts: readonly WireRequestPart[] } | undefined;
}

/** Stands for the signature of a call another model made; https://ai.google.dev/gemini-api/docs/thought-signatures#faqs */
const FOREIGN_CALL = "skip_thought_signature_validator";

/** Where the parts of a model's turn go: a signature without text closes the text it was made with, calls come last. */
interface Sorted {
  readonly thoughts: WireRequestPart[];
  readonly content: WireRequestPart[];
  readonly signatures: WireRequestPart[];
  readonly calls: WireRequestPart[];
}

/** A turn in this very dialect: nothing of its order is ours to change. */
function ownModelParts(message: Message, names: CallNames, context: PartContext): WireRequestPart[] {
  return message.parts
    .flatMap((part): readonly (WireRequestPart | undefined)[] => {
      const { kind } = part;
      if (kind?.$case === "toolCall") return [withRest(callPart(kind.value, names, context), part, context)];
      if (kind?.$case !== "reasoning") return [mapPart(part, context)];
      const { text, signature, provider } = kind.value;
      if (provider !== "" && provider !== context.provider) {
        context.warnings.dropped("Reasoning of another provider");
        return [];
      }
      const signed = signature === "" ? {} : { thoughtSignature: signature };
      return [text === "" ? { text, ...signed } : { text, thought: true, ...signed }];
    })
    .filter((part) => part !== undefined);
}

function modelParts(message: Message, names: CallNames, context: PartContext): WireRequestPart[] {
  if (context.passUnknown) return ownModelParts(message, names, context);
  const sorted: Sorted = { thoughts: [], content: [], signatures: [], calls: [] };
  for (const part of message.parts) {
    const kind = part.kind;
    if (kind?.$case === "toolCall") sorted.calls.push(callPart(kind.value, names, context));
    else if (kind?.$case === "reasoning") {
      const { text, signature, provider } = kind.value;
      if (provider !== context.provider) context.warnings.dropped("Reasoning of another provider");
      else if (signature !== "" && text !== "")
        sorted.thoughts.push({ text, thought: true, thoughtSignature: signature });
      else if (signature !== "") sorted.signatures.push({ text: "", thoughtSignature: signature });
    } else {
      const wire = mapPart(part, context);
      if (wire !== undefined) sorted.content.push(wire);
    }
  }
  return [...sorted.thoughts, ...sorted.content, ...sorted.signatures, ...sorted.calls];
}

/** Results come first: Google wants them right behind the calls. */
function userParts(message: Message, names: CallNames, context: PartContext): WireRequestPart[] {
  const results: WireRequestPart[] = [];
  const content: WireRequestPart[] = [];
  for (const part of message.parts) {
    if (part.kind?.$case === "toolResult") results.push(...resultParts(part.kind.value, names, context));
    else {
      const wire = mapPart(part, context);
      if (wire !== undefined) content.push(wire);
    }
  }
  return [...results, ...content];
}

function append(contents: WireContent[], role: WireContent["role"], parts: WireRequestPart[]): void {
  if (parts.length === 0) return;
  const last = contents.at(-1);
  if (last?.role === role) last.parts.push(...parts);
  else contents.push({ role, parts });
}

function instructions(message: Message, context: PartContext): WireRequestPart[] {
  const parts = message.parts.map((part) => mapPart(part, context)).filter((part) => part !== undefined);
  const texts = parts.filter((part) => part["text"] !== undefined);
  if (texts.length < parts.length) context.warnings.dropped("Anything but text in an instruction");
  return texts;
}

const isSystem = ({ role }: Message): boolean => role === Role.ROLE_SYSTEM || role === Role.ROLE_DEVELOPER;

function isQuestion({ role, parts }: WireContent): boolean {
  return role === "user" && parts.some((part) => part["functionResponse"] === undefined);
}

/**
 * Within the turn under way the third generation wants the first call of each step signed. Calls that came from elsewhere have no
 * signature: Google names a placeholder for these.
 */
function signForeignCalls(contents: readonly WireContent[]): void {
  for (const content of contents.slice(contents.findLastIndex(isQuestion) + 1)) {
    const first =
      content.role === "model" ? content.parts.find((part) => part["functionCall"] !== undefined) : undefined;
    if (first !== undefined) first["thoughtSignature"] ??= FOREIGN_CALL;
  }
}

/** Stands where the wire wants words of the user and there are none. */
const NO_WORDS = ".";

function beginWithUser(contents: WireContent[], warnings: PartContext["warnings"]): void {
  if (contents[0]?.role === "user") return;
  contents.unshift({ role: "user", parts: [{ text: NO_WORDS }] });
  warnings.say(`The conversation must begin with the user: "${NO_WORDS}" was put before it.`);
}

/** The conversation in Google's form: neighbours of one role become one turn, instructions stand apart. */
export function mapContents(messages: readonly Message[], base: Omit<PartContext, "at">): MappedContents {
  const contents: WireContent[] = [];
  const system: WireRequestPart[] = [];
  const names: CallNames = new Map();
  for (const [index, message] of messages.entries()) {
    const context: PartContext = { ...base, at: `messages[${index}]` };
    if (message.extraJson !== "") context.warnings.dropped("An unknown field of a message");
    if (isSystem(message)) {
      if (contents.length > 0)
        context.warnings.say("An instruction inside the conversation was moved to its beginning.");
      system.push(...instructions(message, context));
    } else if (message.role === Role.ROLE_ASSISTANT) append(contents, "model", modelParts(message, names, context));
    else append(contents, "user", userParts(message, names, context));
  }
  if (contents.length === 0 && base.passUnknown && !messages.every(isSystem))
    contents.push({ role: "user", parts: [] });
  if (contents.length === 0 && system.length > 0) {
    base.warnings.say("Instructions alone are no conversation: they were sent as the user's words.");
    return { contents: [{ role: "user", parts: system }], systemInstruction: undefined };
  }
  if (!base.passUnknown) beginWithUser(contents, base.warnings);
  if (base.thirdGeneration) signForeignCalls(contents);
  return { contents, systemInstruction: system.length === 0 ? undefined : { parts: system } };
}
