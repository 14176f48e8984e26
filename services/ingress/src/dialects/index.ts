/** The readers, printers and shapes of errors of each dialect, for those who ask without a door what reaches a provider and what comes back. */
export type { AnswerPrinter } from "../answer/printer.ts";
export { ChunkPrinter } from "../endpoints/chat-completions/chunk-printer.ts";
export { chatParser } from "../endpoints/chat-completions/request.ts";
export { completionParser } from "../endpoints/completions/request.ts";
export { GEMINI_ERRORS } from "../endpoints/gemini/errors.ts";
export { geminiParser } from "../endpoints/gemini/request.ts";
export { geminiPrinter } from "../endpoints/gemini/stream-printer.ts";
export { ANTHROPIC_ERRORS } from "../endpoints/messages/errors.ts";
export { EventPrinter } from "../endpoints/messages/event-printer.ts";
export { messagesParser } from "../endpoints/messages/request.ts";
export { responsePrinter } from "../endpoints/responses/printer.ts";
export { responseParser } from "../endpoints/responses/request.ts";
export type { ErrorShape } from "../errors/error-shape.ts";
export { OPENAI_ERRORS } from "../errors/openai-error.ts";
