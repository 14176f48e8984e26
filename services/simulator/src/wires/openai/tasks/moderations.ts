import type { FaultyName } from "../../../models/model-name.ts";
import type { TaskWire, WireTask } from "../../../serve/serve-task.ts";
import { FRAME_TOKENS } from "../../token-rule.ts";
import { type Body, isBody, object, textBytes } from "../../values.ts";
import { refusal } from "../door.ts";
import { invalid } from "../errors.ts";

/** Words that make a text harmful here, by category. */
const HARMFUL: Readonly<Record<string, RegExp>> = {
  harassment: /\b(?:idiot|stupid)\b/i,
  "harassment/threatening": /\bi will (?:hurt|kill) you\b/i,
  sexual: /\bporn\b/i,
  hate: /\bi hate them\b/i,
  "hate/threatening": /\bkill them all\b/i,
  illicit: /\bsteal\b/i,
  "illicit/violent": /\bbomb\b/i,
  "self-harm/intent": /\bkill myself\b/i,
  "self-harm/instructions": /\bhow to cut oneself\b/i,
  "self-harm": /\bkill myself\b/i,
  "sexual/minors": /\bcsam\b/i,
  violence: /\bkill\b/i,
  "violence/graphic": /\bgore\b/i,
};

/** Categories that are looked for in images too. */
const SEEN = /^(?:self-harm|sexual$|violence)/;

/** `POST /v1/moderations`: some words are harmful, nothing else is. */
export const moderationsWire: TaskWire = {
  base: "moderator",
  read: ({ input }, model) => {
    const things = thingsOf(input);
    if (things === undefined) return refusal(invalid("'input' must be texts or parts.", "input", "invalid_type"));
    return taskOf(things, model);
  },
};

interface Thing {
  readonly text: string;
  readonly bytes: number;
  readonly kinds: readonly string[];
}

function thingsOf(input: unknown): readonly Thing[] | undefined {
  const list: unknown[] = Array.isArray(input) ? input : [input];
  if (list.length === 0) return undefined;
  if (list.every((one) => typeof one === "string")) {
    return list.map((text) => ({ text, bytes: FRAME_TOKENS + textBytes(text), kinds: ["text"] }));
  }
  if (!list.every(isPart)) return undefined;
  const texts = list.flatMap(({ text }) => (typeof text === "string" ? [text] : []));
  const bytes = texts.reduce((sum, text) => sum + FRAME_TOKENS + textBytes(text), 0);
  const kinds = [...new Set(list.map(({ type }) => (type === "text" ? "text" : "image")))];
  return [{ text: texts.join("\n"), bytes, kinds }];
}

const isPart = (value: unknown): value is Body =>
  isBody(value) && (typeof value["text"] === "string" || typeof object(value["image_url"])["url"] === "string");

function taskOf(things: readonly Thing[], { name, faults }: FaultyName): WireTask {
  const promptTokens = things.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    promptTokens,
    completionTokens: 0,
    answer: () => {
      const results = things.map(({ text, kinds }) => {
        const found = Object.entries(HARMFUL).map(([category, words]) => [category, words.test(text)] as const);
        return {
          flagged: found.some(([, harmful]) => harmful),
          categories: Object.fromEntries(found),
          category_scores: Object.fromEntries(found.map(([category, harmful]) => [category, harmful ? 0.97 : 0.01])),
          category_applied_input_types: Object.fromEntries(
            found.map(([category]) => [
              category,
              SEEN.test(category) ? kinds : kinds.filter((kind) => kind === "text"),
            ]),
          ),
        };
      });
      // The real door does not bill, and tells no figures.
      const said = faults.has("no-usage") ? {} : { usage: { prompt_tokens: promptTokens, total_tokens: promptTokens } };
      const body = { id: "modr-simulated", model: name, results: faults.has("empty") ? [] : results, ...said };
      return { type: "application/json", content: JSON.stringify(body) };
    },
  };
}
