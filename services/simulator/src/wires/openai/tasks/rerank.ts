import { seedOf } from "../../../answer/random.ts";
import type { FaultyName } from "../../../models/model-name.ts";
import type { TaskWire, WireTask } from "../../../serve/serve-task.ts";
import { FRAME_TOKENS } from "../../token-rule.ts";
import { textBytes } from "../../values.ts";
import { refusal } from "../door.ts";
import { invalid } from "../errors.ts";

const DOCUMENTS_MAX = 2_048;

/** `POST /v1/rerank`, as most providers speak it. A document fits a query by the words they share. */
export const rerankWire: TaskWire = {
  base: "reranker",
  read: (body, model) => {
    const { query, documents, top_n: top = DOCUMENTS_MAX } = body;
    if (typeof query !== "string") return refusal(invalid("'query' must be a text.", "query", "invalid_type"));
    const texts = Array.isArray(documents) ? documents.filter((one) => typeof one === "string") : [];
    if (!Array.isArray(documents) || texts.length !== documents.length || texts.length === 0)
      return refusal(invalid("'documents' must be texts.", "documents", "invalid_type"));
    if (typeof top !== "number" || top < 1) return refusal(invalid("'top_n' must be at least 1.", "top_n"));
    return taskOf({ query, texts, top }, model);
  },
};

interface Asked {
  readonly query: string;
  readonly texts: readonly string[];
  readonly top: number;
}

function taskOf({ query, texts, top }: Asked, { name, faults }: FaultyName): WireTask {
  const each = FRAME_TOKENS + textBytes(query);
  const promptTokens = texts.reduce((sum, text) => sum + each + FRAME_TOKENS + textBytes(text), 0);
  return {
    promptTokens,
    completionTokens: 0,
    answer: () => {
      const kind = faults.get("bad-result");
      const places = texts.map((text, index) => ({ index, relevance_score: scoreOf(query, text) as number | null }));
      places.sort((a, b) => (b.relevance_score ?? 0) - (a.relevance_score ?? 0));
      const results = faults.has("empty") ? [] : places.slice(kind === 0 ? 1 : 0, top);
      const [first] = results;
      if (first !== undefined && kind === 1) first.index = texts.length;
      if (first !== undefined && kind === 2) first.relevance_score = null;
      const usage = { prompt_tokens: promptTokens, total_tokens: promptTokens };
      const body = { object: "list", model: name, results, ...(faults.has("no-usage") ? {} : { usage }) };
      return { type: "application/json", content: JSON.stringify(body) };
    },
  };
}

/** Share of the query's words that stand in the text, with a little that tells equal ones apart. */
function scoreOf(query: string, text: string): number {
  const words = query.toLowerCase().match(/\p{L}+/gu) ?? [];
  const found = words.filter((word) => text.toLowerCase().includes(word)).length;
  return (found / Math.max(1, words.length)) * 0.9 + seedOf(text) / 2 ** 32 / 20;
}
