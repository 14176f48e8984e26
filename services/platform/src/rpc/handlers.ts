import { SluiceError } from "../errors/index.ts";
import { encodeMessage } from "./encode.ts";
import { checkMessageSize, unknownMethod } from "./failures.ts";
import { callerContext, withContext } from "./propagation.ts";
import type { BoundService, CallContext, RpcMethod } from "./types.ts";

/** One served method: its codecs and the function that answers it. */
export interface Handler {
  readonly path: string;
  readonly method: RpcMethod;
  readonly call: (request: never, context: CallContext) => unknown;
}

/**
 * Indexes bound services by method path (`/sluice.router.v1.RouterService/Route`).
 * @throws internal when a contract has two owners or a method has no implementation
 */
export function collectHandlers(services: readonly BoundService[]): ReadonlyMap<string, Handler> {
  const handlers = new Map<string, Handler>();
  for (const { definition, implementation } of services) {
    for (const [key, method] of Object.entries(definition.methods)) {
      const path = `/${definition.fullName}/${method.name}`;
      if (handlers.has(path))
        throw new SluiceError("internal", `${definition.fullName} has two owners in one process.`);
      const call = implementation[key];
      if (call === undefined) throw new SluiceError("internal", `${path} is declared but not implemented.`);
      handlers.set(path, { path, method, call: call.bind(implementation) });
    }
  }
  return handlers;
}

/** @throws internal when nobody here serves the path */
export function findHandler(handlers: ReadonlyMap<string, Handler>, path: string): Handler {
  const handler = handlers.get(path);
  if (handler === undefined) throw unknownMethod(path);
  return handler;
}

function decodeRequest(handler: Handler, bytes: Uint8Array): never {
  try {
    return handler.method.requestType.decode(bytes) as never;
  } catch (cause) {
    throw new SluiceError("invalid_request", `The request of ${handler.path} cannot be decoded.`, { cause });
  }
}

/** Encodes one answer. @throws internal, payload_too_large */
export function encodeResponse(handler: Handler, message: unknown, limit: number): Uint8Array {
  const bytes = encodeMessage(handler.method.responseType, message);
  checkMessageSize("response", handler.path, bytes.length, limit);
  return bytes;
}

/** Decodes, runs the handler, encodes. @throws whatever the handler throws */
export async function answerEncoded(
  handler: Handler,
  request: Uint8Array,
  context: CallContext,
  limit: number,
): Promise<Uint8Array> {
  return encodeResponse(handler, await answerUnary(handler, decodeRequest(handler, request), context), limit);
}

/** Runs the handler in its caller's trace. @throws whatever the handler throws */
export function answerUnary(handler: Handler, request: unknown, context: CallContext): unknown {
  const message = request as never;
  const trace = callerContext(context.metadata);
  return trace === undefined
    ? handler.call(message, context)
    : withContext(trace, () => handler.call(message, context));
}

/** Decodes and starts a streaming handler; the messages come unencoded from the returned iterator. */
export function openEncoded(handler: Handler, request: Uint8Array, context: CallContext): AsyncIterator<unknown> {
  return openStream(handler, decodeRequest(handler, request), context);
}

/** Starts a streaming handler in its caller's trace. */
export function openStream(handler: Handler, request: unknown, context: CallContext): AsyncIterator<unknown> {
  const message = request as never;
  const trace = callerContext(context.metadata);
  const start = (): AsyncIterator<unknown> =>
    (handler.call(message, context) as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  if (trace === undefined) return start();
  const iterator = withContext(trace, start);
  // A generator's body runs inside next(), so each of them needs the caller's context again.
  return {
    next: () => withContext(trace, () => iterator.next()),
    return: (value) => withContext(trace, () => iterator.return?.(value) ?? Promise.resolve({ done: true, value })),
  };
}
