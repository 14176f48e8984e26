import type { ModelName } from "../../models/model-name.ts";
import { newBase64 } from "../ids.ts";

/** What every response of one answer repeats. */
export interface AnswerIdentity {
  readonly modelVersion: string;
  readonly responseId: string;
}

const ID_LENGTH = 23;

/** Names a new answer. */
export function newIdentity(model: ModelName): AnswerIdentity {
  return { modelVersion: model.name, responseId: newBase64(ID_LENGTH) };
}
