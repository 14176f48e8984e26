import { SluiceError } from "@sluice/platform/errors";
import { chatOfTask } from "@sluice/platform/tasks";
import type { GenerateRequest } from "@sluice/proto/provider/v1/provider_service";
import type { PlannedTask } from "./attempt/types.ts";
import type { Found } from "./catalog.ts";
import type { MappedRequest } from "./provider.ts";

/** A request in its provider's words. */
interface Mapped {
  readonly chat: NonNullable<GenerateRequest["chat"]>;
  readonly mapped: Omit<MappedRequest, "body"> & { readonly body: string | Uint8Array };
  readonly task: PlannedTask | undefined;
}

/** Maps a chat, or what is asked instead of one. @throws invalid_request for what the provider does not serve, or nothing at all */
export function mapRequest({ chat, task, model: asked }: GenerateRequest, { provider, entry }: Found): Mapped {
  const model = entry.deployment ?? asked;
  if (chat !== undefined) return { chat, mapped: provider.mapChat(chat, model, entry), task: undefined };
  if (task === undefined) throw new SluiceError("invalid_request", "An attempt needs a chat or a task.");
  if (provider.mapTask === undefined) {
    throw new SluiceError("invalid_request", `${provider.name} is known here for chats only.`, {
      details: { param: "model", provider: provider.name },
    });
  }
  const mapped = provider.mapTask(task, model, entry);
  const planned = { request: task, bound: entry.taskBound, read: mapped.read };
  return { chat: chatOfTask(task), mapped, task: planned };
}
