import type { StreamFailure } from "../../answer/printer.ts";
import type { OpenAiErrorBody } from "../../errors/openai-error.ts";
import type { EventText } from "./output/event-text.ts";

/** What a failure that comes inside a stream is told with. */
export function failureOf({ body }: StreamFailure): OpenAiErrorBody {
  return (body as { readonly error: OpenAiErrorBody }).error;
}

/** Tells of a failure in the event that clients raise as an error: flat as OpenAI specifies it, and nested as OpenAI sends it. */
export function tellError(events: EventText, error: OpenAiErrorBody): void {
  const { code, message, param } = error;
  const fields = JSON.stringify({ code, message, param, error });
  events.emit("error", fields.slice(1, -1));
}

/** The words a failed response has for errors are few. */
export function responseError({ code, message }: OpenAiErrorBody, status: number): { code: string; message: string } {
  if (status === 429) return { code: "rate_limit_exceeded", message };
  return { code: status >= 400 && status < 500 && code !== "cancelled" ? "invalid_prompt" : "server_error", message };
}
