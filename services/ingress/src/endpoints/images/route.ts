import { ImageTask, TaskRequest } from "@sluice/proto/tasks/v1/tasks";
import { z } from "zod";
import { resultOf } from "../../tasks/answer-task.ts";
import { bodyReader, labelField, modelField } from "../../tasks/fields.ts";
import { runTask } from "../../tasks/run-task.ts";
import { printedJson, type ReadTask } from "../../tasks/task-dialect.ts";
import type { EndpointFactory } from "../endpoint.ts";
import { imagesBody } from "./response.ts";

const IMAGES_MAX = 10;
const PROMPT_LENGTH_MAX = 32_000;
const WORD_MAX = 64;

const readBody = bodyReader(
  {
    model: modelField,
    prompt: z.string().min(1).max(PROMPT_LENGTH_MAX),
    n: z.int().min(1).max(IMAGES_MAX).nullish(),
    size: z.string().max(WORD_MAX).nullish(),
    quality: z.string().max(WORD_MAX).nullish(),
    response_format: z.enum(["url", "b64_json"]).nullish(),
    stream: z.boolean().nullish(),
    user: labelField,
  },
  ({ stream }, problems) => {
    if (stream === true) problems.add("stream", "must be false: images are sent whole");
  },
);

/** `POST /v1/images/generations`: new images, as OpenAI's clients ask for them. */
export const imageGenerations: EndpointFactory = (door) => ({
  method: "POST",
  path: "/v1/images/generations",
  handle: (exchange) => runTask(door, exchange, { read: readImage }),
});

function readImage(raw: unknown): ReadTask {
  const { body, extraJson } = readBody(raw);
  const value = ImageTask.create({
    prompt: body.prompt,
    size: body.size ?? "",
    quality: body.quality ?? "",
    responseFormat: body.response_format ?? "",
  });
  if (typeof body.n === "number") value.n = body.n;
  return {
    request: TaskRequest.create({
      model: body.model,
      userLabel: body.user ?? "",
      extraJson,
      task: { $case: "image", value },
    }),
    print: (result, whole) => printedJson(imagesBody(resultOf(result, "image"), whole)),
  };
}
