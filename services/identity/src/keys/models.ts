import { SluiceError } from "@sluice/platform/errors";

const MODELS_MAX = 100;
const NAME_SHAPE = /^[\x21-\x7e]{1,200}$/;

/**
 * Checks the models a key may use: names or patterns with `*`, without repetition.
 * @throws invalid_request naming every entry at fault
 */
export function checkAllowedModels(models: readonly string[]): readonly string[] {
  if (models.length > MODELS_MAX) {
    throw new SluiceError("invalid_request", `A key lists at most ${MODELS_MAX} models, not ${models.length}.`, {
      details: { param: "allowed_models" },
    });
  }
  const bad = models.flatMap((model, index) => (NAME_SHAPE.test(model) ? [] : [`allowed_models[${index}]`]));
  if (bad.length === 0) return [...new Set(models)];
  const message = `${bad.join(", ")}: a model is 1 to 200 printable ASCII characters without spaces, "*" standing for any.`;
  throw new SluiceError("invalid_request", message, { details: { param: bad[0] ?? "allowed_models" } });
}
