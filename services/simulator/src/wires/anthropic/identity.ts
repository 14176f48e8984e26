import type { ModelName } from "../../models/model-name.ts";
import { newBase58 } from "../ids.ts";

/** What every answer begins with. */
export interface AnswerIdentity {
  readonly model: string;
  readonly id: string;
  readonly type: "message";
  readonly role: "assistant";
}

const ID_LENGTH = 22;

/** Names a new answer. */
export function newIdentity(model: ModelName): AnswerIdentity {
  return { model: model.name, id: `msg_01${newBase58(ID_LENGTH)}`, type: "message", role: "assistant" };
}

/** A planned call's id in this wire's pattern. */
export function toolId(id: string): string {
  return `toolu_01${id.slice("call_".length, "call_".length + ID_LENGTH)}`;
}
