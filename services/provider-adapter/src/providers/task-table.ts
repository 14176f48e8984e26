import { SluiceError } from "@sluice/platform/errors";
import type { TaskKind } from "@sluice/platform/tasks";
import type { TaskRequest } from "@sluice/proto/tasks/v1/tasks";
import type { ModelEntry, UpstreamFailure } from "../provider.ts";
import type { MappedTask, MapTask } from "../provider-tasks.ts";

/** Whose requests are mapped: the name and the reader of its errors. */
export interface TaskSource {
  readonly name: string;
  mapError(failure: UpstreamFailure): SluiceError;
}

/** What one kind of request asks. */
export type TaskOf<Kind extends TaskKind> = Extract<NonNullable<TaskRequest["task"]>, { $case: Kind }>["value"];

/** A request of one kind on its way to one model. */
export interface Asking<Kind extends TaskKind> {
  readonly task: TaskOf<Kind>;
  /** Model as the provider spells it. */
  readonly model: string;
  readonly entry: ModelEntry;
  /** The rest of the request. */
  readonly request: TaskRequest;
}

/** How each kind of request beside chat is mapped; those that are missing are not served. */
export type TaskTable = { readonly [Kind in TaskKind]?: (asking: Asking<Kind>) => MappedTask };

/** The mapping of a provider that serves these kinds. */
export function taskMapper(source: Pick<TaskSource, "name">, table: TaskTable): MapTask {
  return (request, model, entry) => {
    const rest = { model, entry, request };
    const mapped = dispatch(table, request, rest);
    if (mapped !== undefined) return mapped;
    throw cannot(source, `does not serve requests of this kind (${request.task?.$case ?? "none"})`, "model");
  };
}

function dispatch(
  table: TaskTable,
  { task }: TaskRequest,
  rest: Omit<Asking<TaskKind>, "task">,
): MappedTask | undefined {
  switch (task?.$case) {
    case "embeddings":
      return table.embeddings?.({ ...rest, task: task.value });
    case "rerank":
      return table.rerank?.({ ...rest, task: task.value });
    case "moderation":
      return table.moderation?.({ ...rest, task: task.value });
    case "image":
      return table.image?.({ ...rest, task: task.value });
    case "speech":
      return table.speech?.({ ...rest, task: task.value });
    case "transcription":
      return table.transcription?.({ ...rest, task: task.value });
    default:
      return undefined;
  }
}

/** What a provider cannot do with a request, before it is asked: another candidate may. `what` completes a sentence that begins with its name. */
export function cannot({ name }: Pick<TaskSource, "name">, what: string, param: string): SluiceError {
  return new SluiceError("upstream_invalid_request", `${name} ${what}.`, { details: { provider: name, param } });
}
