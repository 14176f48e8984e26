import type { SluiceError } from "@sluice/platform/errors";
import { type ErrorShape, publicMessage } from "./error-shape.ts";

export interface OpenAiErrorBody {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string;
}

/** The body of an error. */
export function toOpenAiErrorBody(error: SluiceError, requestId: string): OpenAiErrorBody {
  const message = publicMessage(error, requestId);
  return { message, type: error.row.openaiType, param: error.details.param ?? null, code: error.code };
}

/** How OpenAI's clients expect errors; the shape of every door that has no other. */
export const OPENAI_ERRORS: ErrorShape = {
  print: (error, requestId) => ({ status: error.row.http, body: { error: toOpenAiErrorBody(error, requestId) } }),
};
