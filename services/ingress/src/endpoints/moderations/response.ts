import type { Moderation, ModerationResult } from "@sluice/proto/tasks/v1/tasks";

/** Judgements in OpenAI's shape, with the categories that the provider has. */
export function moderationBody(
  { entries }: ModerationResult,
  about: { readonly id: string; readonly model: string },
): object {
  return { ...about, results: entries.map(entryBody) };
}

function entryBody({ flagged, categories }: Moderation): object {
  return {
    flagged,
    categories: Object.fromEntries(categories.map(({ name, flagged: found }) => [name, found])),
    category_scores: Object.fromEntries(
      categories.flatMap(({ name, score }) => (score === undefined ? [] : [[name, score]])),
    ),
    category_applied_input_types: Object.fromEntries(categories.map(({ name, appliedTo }) => [name, appliedTo])),
  };
}
