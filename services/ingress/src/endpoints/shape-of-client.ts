import type { FastifyRequest } from "fastify";
import type { ErrorShape } from "../errors/error-shape.ts";
import { GEMINI_ERRORS } from "./gemini/errors.ts";
import { ANTHROPIC_ERRORS } from "./messages/errors.ts";

const BELOW: readonly (readonly [path: string, shape: ErrorShape])[] = [
  ["/v1/messages", ANTHROPIC_ERRORS],
  ["/v1beta", GEMINI_ERRORS],
];
/** Clients of every dialect ask for models there, and say in a header who they are. */
const SHARED = "/v1/models";

/** How errors look where no endpoint says it: as the clients expect that ask there. Undefined where those are OpenAI's. */
export function shapeOfClient({ url, headers }: Pick<FastifyRequest, "url" | "headers">): ErrorShape | undefined {
  for (const [path, shape] of BELOW) if (isBelow(url, path)) return shape;
  if (!isBelow(url, SHARED)) return undefined;
  if (headers["x-goog-api-key"] !== undefined) return GEMINI_ERRORS;
  return headers["anthropic-version"] === undefined ? undefined : ANTHROPIC_ERRORS;
}

function isBelow(url: string, path: string): boolean {
  return url.startsWith(path) && (url.length === path.length || "/?".includes(url.charAt(path.length)));
}
