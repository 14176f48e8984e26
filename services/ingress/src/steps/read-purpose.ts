import type { IncomingHttpHeaders } from "node:http";
import { SluiceError } from "@sluice/platform/errors";

const DRY_RUN = "x-sluice-dry-run";

/** What a chat request is made for: its answer, or only what the answer would cost. */
export type Purpose = "answer" | "estimate";

/** Reads what a chat request is made for from its headers. @throws invalid_request for another word than "estimate" */
export function readPurpose(headers: IncomingHttpHeaders): Purpose {
  const given = headers[DRY_RUN];
  if (given === undefined) return "answer";
  if (String(given).trim().toLowerCase() === "estimate") return "estimate";
  // Whoever asks for a dry run must never be billed because of a misspelt word.
  const got = JSON.stringify(String(given).slice(0, 40));
  throw new SluiceError(
    "invalid_request",
    `The header ${DRY_RUN} must be "estimate"; got ${got}. Leave it out to have the request answered.`,
    { details: { param: DRY_RUN } },
  );
}
