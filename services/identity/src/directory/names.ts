import { SluiceError } from "@sluice/platform/errors";

const NAME_CHARACTERS_MAX = 64;
const ID_SHAPE = /^(org|team|usr|key)_[0-9a-z]{25}$/;
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;

/**
 * Checks a name that people give and returns it as it is stored (trimmed, Unicode NFC).
 * @throws invalid_request if it is empty, longer than 64 characters, unprintable, or looks like a generated id
 */
export function checkName(name: string, param = "name"): string {
  const tidy = name.trim().normalize("NFC");
  const length = [...tidy].length;
  const problem = problemOf(tidy, length);
  if (problem === undefined) return tidy;
  throw new SluiceError("invalid_request", `${param} ${problem}.`, { details: { param } });
}

/** False for a text that names nothing, because no name or id is like it; PostgreSQL cannot even be asked for some of them. */
export function canName(reference: string): boolean {
  return reference.isWellFormed() && !reference.includes("\0");
}

function problemOf(name: string, length: number): string | undefined {
  if (length === 0) return `is empty: give 1 to ${NAME_CHARACTERS_MAX} printable characters`;
  if (length > NAME_CHARACTERS_MAX) return `has ${length} characters: at most ${NAME_CHARACTERS_MAX} are allowed`;
  if (UNPRINTABLE.test(name)) return "has characters that cannot be printed: use letters, digits, spaces and signs";
  // Every place that takes a name also takes an id, so the two must never be mistaken for each other.
  if (ID_SHAPE.test(name)) return "looks like a generated id: choose another name";
  return undefined;
}
