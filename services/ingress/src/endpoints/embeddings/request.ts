import { EmbeddingInput, EmbeddingsTask, TaskRequest } from "@sluice/proto/tasks/v1/tasks";
import { z } from "zod";
import { resultOf } from "../../tasks/answer-task.ts";
import { bodyReader, labelField, modelField } from "../../tasks/fields.ts";
import { printedJson, type ReadTask } from "../../tasks/task-dialect.ts";
import { Problems } from "../chat-completions/problems.ts";
import { embeddingsBody } from "./response.ts";

/** Most inputs of a request, and most tokens of one given as numbers: OpenAI's own limits. */
const INPUTS_MAX = 2_048;
const TOKENS_MAX = 65_536;
const DIMENSIONS_MAX = 65_536;
const TOKEN_MAX = 2_147_483_647;

const token = z.int().min(0).max(TOKEN_MAX);
const input = z.union([
  z.string(),
  z.array(z.union([z.string(), token, z.array(token).min(1).max(TOKENS_MAX)])).min(1),
]);

const readBody = bodyReader(
  {
    model: modelField,
    input,
    dimensions: z.int().min(1).max(DIMENSIONS_MAX).nullish(),
    encoding_format: z.enum(["float", "base64"]).nullish(),
    input_type: labelField,
    user: labelField,
  },
  ({ input: given }, problems) => {
    if (typeof given === "string") return;
    const kinds = new Set(given.map((one) => (Array.isArray(one) ? "tokens" : typeof one)));
    if (kinds.size > 1) problems.add("input", "must be all texts, all tokens or all lists of tokens; got a mixture");
  },
);

/** Refuses what is too long or no token before the schema looks into it, which notes every fault: for millions of them that takes a minute. */
function checkSize(raw: unknown): void {
  const { input: given } = Object(raw) as { readonly input?: unknown };
  if (!Array.isArray(given)) return;
  const problems = new Problems();
  const tokens = typeof given[0] === "number";
  const most = tokens ? TOKENS_MAX : INPUTS_MAX;
  if (given.length > most) problems.add("input", `must have at most ${most} entries; got ${given.length}`);
  else if (tokens) checkTokens(given, "input", problems);
  problems.throwIfAny();
  for (const [index, one] of given.entries()) if (Array.isArray(one)) checkTokens(one, `input[${index}]`, problems);
  problems.throwIfAny();
}

function checkTokens(list: readonly unknown[], path: string, problems: Problems): void {
  const wrong = list.findIndex((one) => !Number.isInteger(one) || Number(one) < 0 || Number(one) > TOKEN_MAX);
  if (wrong < 0) return;
  const text = `must be a token, a whole number from 0 to ${TOKEN_MAX}: texts, tokens and lists of tokens are no mixture`;
  problems.add(`${path}[${wrong}]`, text);
}

/** Reads an embeddings request. @throws invalid_request naming each fault */
export function readEmbeddings(raw: unknown): ReadTask {
  checkSize(raw);
  const { body, extraJson } = readBody(raw);
  const base64 = body.encoding_format === "base64";
  const task = EmbeddingsTask.create({ inputs: inputsOf(body.input), base64, purpose: body.input_type ?? "" });
  if (typeof body.dimensions === "number") task.dimensions = body.dimensions;
  return {
    request: TaskRequest.create({
      model: body.model,
      userLabel: body.user ?? "",
      extraJson,
      task: { $case: "embeddings", value: task },
    }),
    print: (result, { model, summary }) =>
      printedJson(embeddingsBody(resultOf(result, "embeddings"), { model, usage: summary.usage, base64 })),
  };
}

function inputsOf(given: z.output<typeof input>): EmbeddingInput[] {
  if (typeof given === "string") return [textInput(given)];
  const tokens = given.filter((one) => typeof one === "number");
  if (tokens.length > 0) return [tokenInput(tokens)];
  return given.flatMap((one) => {
    if (typeof one === "string") return [textInput(one)];
    return Array.isArray(one) ? [tokenInput(one)] : [];
  });
}

const textInput = (value: string): EmbeddingInput => EmbeddingInput.create({ kind: { $case: "text", value } });
const tokenInput = (ids: number[]): EmbeddingInput =>
  EmbeddingInput.create({ kind: { $case: "tokens", value: { ids } } });
