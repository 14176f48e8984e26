import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import { SluiceError } from "@sluice/platform/errors";
import { isDeeperThan } from "./json-depth.ts";
import { findJsonFault } from "./json-fault.ts";

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json[ \t]*(?:;[ \t]*charset[ \t]*=[ \t]*"?utf-?8"?[ \t]*)?;?$/i;

/**
 * Refuses a body that is not plain JSON before it is read.
 * @throws unsupported_media_type naming what was sent and what is taken
 */
export function checkJsonHeaders(headers: IncomingHttpHeaders): void {
  const type = headers["content-type"];
  if (type !== "application/json" && (type === undefined || !JSON_TYPE.test(type))) {
    const got = type === undefined ? "none" : `"${type.slice(0, 100)}"`;
    throw new SluiceError("unsupported_media_type", `The content-type must be application/json in UTF-8; got ${got}.`);
  }
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    throw new SluiceError(
      "unsupported_media_type",
      `The content-encoding "${encoding.slice(0, 100)}" is not taken; send the body uncompressed.`,
    );
  }
}

/**
 * Parses a request body.
 * @throws invalid_request saying where the text goes wrong, or that it is not UTF-8, or nests too deep
 */
export function parseJson(body: Buffer, depthMax: number): unknown {
  if (body.length === 0) throw invalid("The request body is empty; send a JSON object.");
  if (!isUtf8(body)) throw invalid("The request body is not valid UTF-8.");
  if (isDeeperThan(body, depthMax))
    throw invalid(`The request body nests deeper than ${depthMax} levels (ingress.json_depth_max).`);
  const text = withoutMark(body.toString("utf8"));
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the body; this one only says where to look.
    const { offset, line, column } = findJsonFault(text);
    const what = offset >= text.length ? "it ends too early" : `unexpected ${JSON.stringify(text[offset])}`;
    throw invalid(
      `The request body is not valid JSON: ${what} at position ${offset} (line ${line}, column ${column}).`,
    );
  }
}

const withoutMark = (text: string): string => (text.startsWith("\ufeff") ? text.slice(1) : text);

const invalid = (message: string): SluiceError => new SluiceError("invalid_request", message);
