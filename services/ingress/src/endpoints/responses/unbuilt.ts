import type { Problems } from "../chat-completions/problems.ts";

const REFUSED: readonly (readonly [field: string, remedy: string])[] = [
  ["background", "is not offered: leave it out and read the answer as it comes"],
  ["conversation", "is not offered: use previous_response_id, or send the items of the conversation in input"],
  ["prompt", "is not offered: templates are kept by OpenAI alone. Send their text in instructions and input"],
];

/** Notes features of the dialect that the gateway does not have and that no answer can do without. */
export function addUnbuilt(problems: Problems, raw: unknown): void {
  const body = Object(raw) as Readonly<Record<string, unknown>>;
  for (const [field, remedy] of REFUSED) {
    const value = body[field];
    if (value !== undefined && value !== null && value !== false) problems.add(field, remedy);
  }
}
