import { Secret } from "@sluice/platform/config";
import { SluiceError } from "@sluice/platform/errors";

const MAX_BYTES = 8_192;
/** From this length on, four characters give nothing away. */
const HINT_FROM = 20;

/** The last characters of a credential, so that a person can tell which one is stored; empty for short ones. */
export function hintOf(secret: Secret): string {
  const text = secret.reveal();
  return text.length >= HINT_FROM ? text.slice(-4) : "";
}

/** True for a credential of several fields, written as a JSON object. */
export function isJsonSecret(text: string): boolean {
  return text.trimStart().startsWith("{");
}

/** A JSON object on one line, however its file was laid out. */
function onOneLine(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (cause) {
    // The reason stays out of the message: it quotes what it could not read.
    throw new SluiceError(
      "invalid_request",
      "The credential begins like a JSON object but is none; paste the whole file.",
      {
        cause: cause instanceof Error ? cause.name : undefined,
        details: { param: "secret" },
      },
    );
  }
}

/**
 * Takes a credential as it was typed: one word, or a JSON object of several fields.
 * @throws invalid_request when it is empty, too long or not plain printable text
 */
export function parseSecret(typed: string): Secret {
  const details = { param: "secret" };
  const json = isJsonSecret(typed);
  const text = json ? onOneLine(typed) : typed;
  if (text === "") throw new SluiceError("invalid_request", "The credential is empty.", { details });
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) {
    throw new SluiceError("invalid_request", `The credential has ${bytes} bytes; the limit is ${MAX_BYTES}.`, {
      details,
    });
  }
  // It travels in an HTTP header: printable ASCII without white space is all that fits there.
  if (!(json ? /^[\x20-\x7e]+$/ : /^[\x21-\x7e]+$/).test(text)) {
    throw new SluiceError(
      "invalid_request",
      "The credential holds white space, control or non-ASCII characters; paste it without line breaks and quotes.",
      { details },
    );
  }
  return new Secret(text);
}
