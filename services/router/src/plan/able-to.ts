import { SluiceError } from "@sluice/platform/errors";
import type { CatalogSnapshot } from "../catalog/catalog.ts";
import type { Excluded, ResolvedCandidate } from "../catalog/resolve-model.ts";
import { hasAbility } from "./capabilities.ts";

/** Most models an error names. */
const NAMED_MAX = 5;

interface Able {
  readonly kept: readonly ResolvedCandidate[];
  readonly excluded: readonly Excluded[];
}

/**
 * Leaves out the candidates that do not serve this kind of request at all.
 * @throws invalid_request naming models that do, if nothing remains
 */
export function ableTo(
  ability: string,
  candidates: readonly ResolvedCandidate[],
  { catalog, chat }: { readonly catalog: CatalogSnapshot; readonly chat: { readonly model: string } },
): Able {
  const isAble = ({ entry }: ResolvedCandidate): boolean => hasAbility(entry.capabilities, ability);
  const kept = candidates.filter(isAble);
  if (kept.length === candidates.length) return { kept, excluded: [] };
  if (kept.length === 0) throw wrongKind(ability, chat.model, catalog);
  const excluded = candidates
    .filter((candidate) => !isAble(candidate))
    .map(({ provider, model }) => ({ provider, model, reason: `does not do ${wordFor(ability)}` }));
  return { kept, excluded };
}

function wrongKind(ability: string, asked: string, catalog: CatalogSnapshot): SluiceError {
  const able = catalog.models.filter(({ available, capabilities }) => available && hasAbility(capabilities, ability));
  const names = able.slice(0, NAMED_MAX).map(({ provider, model }) => `${provider}/${model}`);
  const others = names.length === 0 ? "no model with a credential does" : `models that do are ${names.join(", ")}`;
  const more = able.length > NAMED_MAX ? " and others" : "";
  const message = `Model "${asked.slice(0, 100)}" does not do ${wordFor(ability)}; ${others}${more}. \`GET /v1/models\` lists what each model can do.`;
  return new SluiceError("invalid_request", message, { details: { param: "model" } });
}

const wordFor = (ability: string): string => ability.replaceAll("_", " ");
