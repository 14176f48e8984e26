import { SluiceError } from "@sluice/platform/errors";
import { chatOfTask } from "@sluice/platform/tasks";
import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import type { CallContext } from "@sluice/proto/common/v1/call_context";
import type { RouteRequest } from "@sluice/proto/router/v1/router_service";
import type { TaskRequest } from "@sluice/proto/tasks/v1/tasks";

/** What a request asks for and who asks. */
export interface Asked {
  readonly context: CallContext;
  /** Of a request beside chat, its texts as a chat that reads as much. */
  readonly chat: ChatRequest;
  readonly task: TaskRequest | undefined;
}

/** @throws invalid_request unless there is a context and either a chat or something beside it */
export function askedOf({ context, chat, task }: Pick<RouteRequest, "context" | "chat" | "task">): Asked {
  if (context === undefined || (chat === undefined) === (task?.task === undefined)) {
    throw new SluiceError("invalid_request", "A request needs a context, and either a chat or a task.");
  }
  if (chat !== undefined) return { context, chat, task: undefined };
  if (task === undefined) throw new SluiceError("internal", "A request without a chat has no task.");
  return { context, chat: chatOfTask(task), task };
}
