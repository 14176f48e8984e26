import type { Answer, Piece } from "../../answer/types.ts";
import { seal, sign } from "../signature.ts";
import { REDACTED, THINKING } from "./check-turns.ts";
import { finishBody } from "./finish.ts";
import { type AnswerIdentity, toolId } from "./identity.ts";
import type { MessagesRequest } from "./options.ts";
import { outputDetails, usageBody } from "./usage.ts";

/** The body of a plain answer. */
export function messageBody({ ask, redacted }: MessagesRequest, answer: Answer, identity: AnswerIdentity) {
  const [choice] = answer.choices;
  const usage = { ...usageBody(ask, answer.completionTokens), ...outputDetails(ask, answer) };
  return {
    ...identity,
    content: contentBlocks(choice?.pieces ?? [], redacted),
    ...finishBody(choice),
    ...(ask.model.faults.has("no-usage") ? {} : { usage }),
  };
}

function contentBlocks(pieces: readonly Piece[], redacted: boolean): object[] {
  const blocks: object[] = [];
  const thinking = join(pieces, "reasoning");
  if (thinking !== "") blocks.push(redacted ? redactedBlock(thinking) : thinkingBlock(thinking));
  const text = join(pieces, "content");
  if (text !== "") blocks.push({ type: "text", text });
  for (const start of pieces) {
    if (start.kind !== "tool-start") continue;
    const json = pieces.map((piece) =>
      piece.kind === "tool-arguments" && piece.call === start.call ? piece.text : "",
    );
    const { id, name } = start;
    blocks.push({ type: "tool_use", id: toolId(id), name, input: parse(json.join("")), caller: { type: "direct" } });
  }
  return blocks;
}

function thinkingBlock(thinking: string): object {
  return { type: "thinking", thinking, signature: sign(THINKING, thinking) };
}

/** Thoughts in the form that nobody but their maker can read. */
export function redactedBlock(thinking: string): object {
  return { type: "redacted_thinking", data: seal(REDACTED, String(thinking.length)) };
}

function join(pieces: readonly Piece[], kind: Piece["kind"]): string {
  return pieces.map((piece) => (piece.kind === kind && "text" in piece ? piece.text : "")).join("");
}

/** Arguments are an object on this wire; those that do not parse stay the text they are, which no client expects. */
function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
