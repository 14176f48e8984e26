import { ModerationInput, ModerationTask, TaskRequest } from "@sluice/proto/tasks/v1/tasks";
import { z } from "zod";
import { resultOf } from "../../tasks/answer-task.ts";
import { bodyReader, modelField } from "../../tasks/fields.ts";
import { runTask } from "../../tasks/run-task.ts";
import { printedJson, type ReadTask } from "../../tasks/task-dialect.ts";
import type { EndpointFactory } from "../endpoint.ts";
import { moderationBody } from "./response.ts";

const INPUTS_MAX = 2_048;
/** What the dialect's own clients mean when they name no model. */
const DEFAULT_MODEL = "omni-moderation-latest";

const part = z.union([
  z.string(),
  z.looseObject({ type: z.literal("text"), text: z.string() }),
  z.looseObject({ type: z.literal("image_url"), image_url: z.looseObject({ url: z.string().min(1) }) }),
]);

const readBody = bodyReader(
  { model: modelField.nullish(), input: z.union([z.string(), z.array(part).min(1).max(INPUTS_MAX)]) },
  ({ input }, problems) => {
    if (typeof input !== "string" && new Set(input.map((one) => typeof one)).size > 1)
      problems.add("input", "must be all texts or all parts; got a mixture");
  },
);

/** `POST /v1/moderations`: whether texts or images are harmful, as OpenAI's clients ask it. */
export const moderations: EndpointFactory = (door) => ({
  method: "POST",
  path: "/v1/moderations",
  handle: (exchange) => runTask(door, exchange, { read: readModeration }),
});

function readModeration(raw: unknown): ReadTask {
  const { body, extraJson } = readBody(raw);
  const given = typeof body.input === "string" ? [body.input] : body.input;
  const joint = given.some((one) => typeof one !== "string");
  const value = ModerationTask.create({ joint, inputs: given.map(inputOf) });
  return {
    request: TaskRequest.create({
      model: body.model ?? DEFAULT_MODEL,
      extraJson,
      task: { $case: "moderation", value },
    }),
    print: (result, { requestId, model }) =>
      printedJson(moderationBody(resultOf(result, "moderation"), { id: result.id || `modr-${requestId}`, model })),
  };
}

function inputOf(given: z.output<typeof part>): ModerationInput {
  if (typeof given === "string") return ModerationInput.create({ kind: { $case: "text", value: given } });
  if (given.type === "text") return ModerationInput.create({ kind: { $case: "text", value: given.text } });
  return ModerationInput.create({ kind: { $case: "imageUrl", value: given.image_url.url } });
}
