import { SluiceError } from "@sluice/platform/errors";

/**
 * The proper name of an IANA time zone somebody typed, e.g. `Europe/Berlin` for `europe/berlin`.
 * @throws invalid_request for what is no such name, fixed offsets included
 */
export function checkTimeZone(name: string, param = "time_zone"): string {
  const known = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name) ? resolved(name) : undefined;
  if (known !== undefined) return known;
  const shown = JSON.stringify(name.slice(0, 64));
  throw new SluiceError(
    "invalid_request",
    `${param} is ${shown}: give an IANA name of a time zone such as "Europe/Berlin", or "UTC".`,
    { details: { param } },
  );
}

function resolved(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    // Not a zone: the caller says so.
    return undefined;
  }
}
