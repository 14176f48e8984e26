import { SluiceError } from "@sluice/platform/errors";

/** Nobody could be asked, so that there is nothing to estimate by. */
export function noCandidate(model: string): SluiceError {
  return new SluiceError(
    "unavailable",
    `No provider of the model ${JSON.stringify(model.slice(0, 256))} can be asked at present, so its tokens cannot be counted.`,
    { details: { param: "model" } },
  );
}
