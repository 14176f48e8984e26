import type { Problems } from "../chat-completions/problems.ts";

export const BETA_HEADER = "anthropic-beta";

const BETAS_MAX = 32;
const BETA = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** The features on trial that a request's header names; undefined if it names none. */
export function toBetas(header: string | readonly string[] | undefined, problems: Problems): string[] | undefined {
  if (header === undefined) return undefined;
  const text = typeof header === "string" ? header : header.join(",");
  const betas = text
    .split(",", BETAS_MAX + 1)
    .map((beta) => beta.trim())
    .filter((beta) => beta !== "");
  if (betas.length > BETAS_MAX) problems.add(BETA_HEADER, `may name at most ${BETAS_MAX} features`);
  const wrong = betas.find((beta) => !BETA.test(beta));
  if (wrong !== undefined) {
    problems.add(
      BETA_HEADER,
      `must be names of letters, digits, dots and dashes; got ${JSON.stringify(wrong.slice(0, 80))}`,
    );
  }
  return betas.length === 0 ? undefined : betas;
}
