/** The readers of each dialect's requests and the shapes of its errors, for those who ask what reaches a provider without a door. */
export { chatParser } from "../endpoints/chat-completions/request.ts";
export { completionParser } from "../endpoints/completions/request.ts";
export { GEMINI_ERRORS } from "../endpoints/gemini/errors.ts";
export { geminiParser } from "../endpoints/gemini/request.ts";
export { ANTHROPIC_ERRORS } from "../endpoints/messages/errors.ts";
export { messagesParser } from "../endpoints/messages/request.ts";
export { responseParser } from "../endpoints/responses/request.ts";
export type { ErrorShape } from "../errors/error-shape.ts";
export { OPENAI_ERRORS } from "../errors/openai-error.ts";
