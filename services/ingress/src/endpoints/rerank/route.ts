import { RerankTask, TaskRequest } from "@sluice/proto/tasks/v1/tasks";
import { z } from "zod";
import { resultOf } from "../../tasks/answer-task.ts";
import { bodyReader, modelField } from "../../tasks/fields.ts";
import { runTask } from "../../tasks/run-task.ts";
import { printedJson, type ReadTask } from "../../tasks/task-dialect.ts";
import type { EndpointFactory } from "../endpoint.ts";
import { rerankBody } from "./response.ts";

const DOCUMENTS_MAX = 2_048;
const TOKENS_MAX = 1_000_000;

const readBody = bodyReader({
  model: modelField,
  query: z.string().min(1),
  documents: z
    .array(z.union([z.string(), z.looseObject({ text: z.string() })]))
    .min(1)
    .max(DOCUMENTS_MAX),
  top_n: z.int().min(1).max(DOCUMENTS_MAX).nullish(),
  // Voyage's word for the same.
  top_k: z.int().min(1).max(DOCUMENTS_MAX).nullish(),
  return_documents: z.boolean().nullish(),
  max_tokens_per_doc: z.int().min(1).max(TOKENS_MAX).nullish(),
});

/** `POST /v1/rerank`: documents in the order in which they fit a query, as Cohere's and Jina's clients ask for it. */
export const rerank: EndpointFactory = (door) => ({
  method: "POST",
  path: "/v1/rerank",
  handle: (exchange) => runTask(door, exchange, { read: readRerank }),
});

/** `POST /v2/rerank`: the same, where Cohere's newer client asks. */
export const rerankNewer: EndpointFactory = (door) => ({ ...rerank(door), path: "/v2/rerank" });

function readRerank(raw: unknown): ReadTask {
  const { body, extraJson } = readBody(raw);
  const documents = body.documents.map((document) => (typeof document === "string" ? document : document.text));
  const task = RerankTask.create({ query: body.query, documents });
  const most = body.top_n ?? body.top_k;
  if (typeof most === "number") task.topN = most;
  if (typeof body.max_tokens_per_doc === "number") task.maxTokensPerDocument = body.max_tokens_per_doc;
  const shown = body.return_documents === true ? documents : undefined;
  return {
    request: TaskRequest.create({ model: body.model, extraJson, task: { $case: "rerank", value: task } }),
    print: (result, whole) =>
      printedJson(
        rerankBody(resultOf(result, "rerank"), { id: result.id || `rerank-${whole.requestId}`, shown, whole }),
      ),
  };
}
