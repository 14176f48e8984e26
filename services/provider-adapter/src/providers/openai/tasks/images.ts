import { SluiceError } from "@sluice/platform/errors";
import { Usage } from "@sluice/proto/common/v1/usage";
import { GeneratedImage, TaskResult } from "@sluice/proto/tasks/v1/tasks";
import type { ModelEntry } from "../../../provider.ts";
import type { MappedResult, MappedTask, TaskAnswer } from "../../../provider-tasks.ts";
import { momentOf } from "../../figures.ts";
import { extraFields, type Fields, isFields, jsonHeaders, listIn, readFields, textIn } from "../../task-body.ts";
import { type Asking, cannot, type TaskSource } from "../../task-table.ts";
import { countIn, rawOf } from "../../task-usage.ts";

/** Fields of an answer that the canonical form says. */
const SAID: ReadonlySet<string> = new Set(["created", "data", "usage"]);

/** OpenAI's `POST /images/generations`, and that of look-alikes. https://platform.openai.com/docs/api-reference/images */
export function images(source: TaskSource) {
  return ({ task, model, entry, request }: Asking<"image">): MappedTask => {
    const body = {
      ...extraFields(request.extraJson),
      model,
      prompt: task.prompt,
      ...(task.n !== undefined && { n: task.n }),
      ...(task.size !== "" && { size: task.size }),
      ...(task.quality !== "" && { quality: task.quality }),
      ...formOf(task.responseFormat, entry, source),
      ...(request.userLabel !== "" && { user: request.userLabel }),
    };
    return {
      path: "/images/generations",
      headers: jsonHeaders,
      body: JSON.stringify(body),
      warnings: [],
      read: (answer) => readImages(source, answer, entry),
    };
  };
}

/** Models that are billed by tokens answer in base64 only, and refuse to be asked for it. */
function formOf(form: string, { taskBound }: ModelEntry, source: TaskSource): Fields {
  if (form === "") return {};
  if (taskBound === undefined || taskBound.images.length === 0) return { response_format: form };
  if (form === "url") throw cannot(source, "sends images of this model itself, not their addresses", "response_format");
  return {};
}

/** @throws upstream_bad_response */
function readImages(source: TaskSource, answer: TaskAnswer, entry: ModelEntry): MappedResult {
  const fields = readFields(source, answer);
  if (fields instanceof SluiceError) return { error: fields };
  const extra = Object.entries(fields).filter(([name]) => !SAID.has(name));
  const images = listIn(fields["data"]).map((image) => {
    const [url, base64] = [textIn(image["url"]), textIn(image["b64_json"])];
    return GeneratedImage.fromPartial({
      ...(url !== "" && { source: { $case: "url" as const, value: url } }),
      ...(base64 !== "" && { source: { $case: "base64" as const, value: base64 } }),
      revisedPrompt: textIn(image["revised_prompt"]),
    });
  });
  return {
    result: TaskResult.fromPartial({
      result: {
        $case: "image",
        value: {
          images,
          createdAtS: momentOf(fields["created"]),
          extraJson: extra.length === 0 ? "" : JSON.stringify(Object.fromEntries(extra)),
        },
      },
    }),
    usage: (entry.taskBound?.unit ?? "tokens") === "tokens" ? usageOf(fields["usage"]) : undefined,
  };
}

/** Text and images apart, in and out; an answer's tokens are its images' unless it says otherwise. */
function usageOf(wire: unknown): Usage | undefined {
  if (!isFields(wire)) return undefined;
  const input = countIn(wire["input_tokens"]);
  const output = countIn(wire["output_tokens"]);
  if (input === undefined || output === undefined || output === 0n) return undefined;
  const read = isFields(wire["input_tokens_details"]) ? wire["input_tokens_details"] : {};
  const made = isFields(wire["output_tokens_details"]) ? wire["output_tokens_details"] : {};
  const inputImages = least(countIn(read["image_tokens"]), input);
  const outputText = least(countIn(made["text_tokens"]), output);
  return Usage.fromPartial({
    inputTokens: input - inputImages,
    ...(inputImages > 0n && { inputImageTokens: inputImages }),
    ...(outputText > 0n && { outputTokens: outputText }),
    outputImageTokens: output - outputText,
    rawJson: rawOf(wire),
  });
}

function least(part: bigint | undefined, whole: bigint): bigint {
  return part === undefined ? 0n : part < whole ? part : whole;
}
