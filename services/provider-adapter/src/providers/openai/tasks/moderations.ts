import { SluiceError } from "@sluice/platform/errors";
import { type Moderation, ModerationCategory, type ModerationInput, TaskResult } from "@sluice/proto/tasks/v1/tasks";
import type { MappedResult, MappedTask, TaskAnswer } from "../../../provider-tasks.ts";
import { extraFields, type Fields, isFields, jsonHeaders, listIn, readFields, textIn } from "../../task-body.ts";
import type { Asking, TaskSource } from "../../task-table.ts";
import { inputUsage } from "../../task-usage.ts";

/** OpenAI's `POST /moderations`, and that of look-alikes. https://platform.openai.com/docs/api-reference/moderations */
export function moderations(source: TaskSource) {
  return ({ task, model, request }: Asking<"moderation">): MappedTask => ({
    path: "/moderations",
    headers: jsonHeaders,
    body: JSON.stringify({
      ...extraFields(request.extraJson),
      model,
      input: task.joint ? task.inputs.map(partOf) : task.inputs.map(({ kind }) => kind?.value ?? ""),
    }),
    warnings: [],
    read: (answer) => readEntries(source, answer),
  });
}

function partOf({ kind }: ModerationInput): object {
  if (kind?.$case === "imageUrl") return { type: "image_url", image_url: { url: kind.value } };
  return { type: "text", text: kind?.value ?? "" };
}

/** @throws upstream_bad_response */
function readEntries(source: TaskSource, answer: TaskAnswer): MappedResult {
  const fields = readFields(source, answer);
  if (fields instanceof SluiceError) return { error: fields };
  const usage = isFields(fields["usage"]) ? fields["usage"] : {};
  return {
    result: TaskResult.fromPartial({
      id: textIn(fields["id"]),
      model: textIn(fields["model"]),
      result: { $case: "moderation", value: { entries: listIn(fields["results"]).map(entryOf) } },
    }),
    usage: inputUsage(usage["prompt_tokens"] ?? usage["total_tokens"], usage),
  };
}

function entryOf(entry: Fields): Moderation {
  const found = isFields(entry["categories"]) ? entry["categories"] : {};
  const scores = isFields(entry["category_scores"]) ? entry["category_scores"] : {};
  const applied = isFields(entry["category_applied_input_types"]) ? entry["category_applied_input_types"] : {};
  const categories = Object.entries(found).map(([name, flagged]) => {
    const score = scores[name];
    const kinds = applied[name];
    return ModerationCategory.fromPartial({
      name,
      flagged: flagged === true,
      ...(typeof score === "number" && { score }),
      appliedTo: Array.isArray(kinds) ? kinds.filter((kind) => typeof kind === "string") : [],
    });
  });
  const { flagged } = entry;
  // Some tell the categories only.
  return { flagged: typeof flagged === "boolean" ? flagged : categories.some((each) => each.flagged), categories };
}
