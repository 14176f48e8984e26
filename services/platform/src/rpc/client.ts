import { SluiceError } from "../errors/index.ts";
import { encodeMessage } from "./encode.ts";
import { checkMetadata } from "./metadata.ts";
import { withTraceparent } from "./propagation.ts";
import type { ByteChannel, CallOptions, Channel, Client, MessageChannel, RpcDefinition, RpcMethod } from "./types.ts";

const NO_OPTIONS: CallOptions = Object.freeze({});

/** The caller's options over the client's defaults, with the active trace added. @throws internal for bad metadata */
function prepare(options: CallOptions | undefined, defaults: CallOptions): CallOptions {
  const merged = options === undefined ? defaults : defaults === NO_OPTIONS ? options : { ...defaults, ...options };
  const metadata =
    defaults.metadata === undefined || merged.metadata === defaults.metadata
      ? merged.metadata
      : { ...defaults.metadata, ...merged.metadata };
  if (metadata !== undefined) checkMetadata(metadata);
  const traced = withTraceparent(metadata);
  return traced === undefined || traced === merged.metadata ? merged : { ...merged, metadata: traced };
}

function decodeResponse(path: string, method: RpcMethod, bytes: Uint8Array): unknown {
  try {
    return method.responseType.decode(bytes);
  } catch (cause) {
    throw new SluiceError("internal", `The response of ${path} cannot be decoded; run the same version everywhere.`, {
      cause,
    });
  }
}

function encodeRequest(path: string, method: RpcMethod, request: unknown): Uint8Array {
  try {
    return encodeMessage(method.requestType, request);
  } catch (cause) {
    throw new SluiceError("internal", `The request of ${path} cannot be encoded.`, { cause });
  }
}

type Call = (request: unknown, options?: CallOptions) => unknown;

function unaryCall(path: string, method: RpcMethod, channel: ByteChannel, defaults: CallOptions): Call {
  return async (request, options) => {
    const bytes = encodeRequest(path, method, request);
    return decodeResponse(path, method, await channel.unary(path, bytes, prepare(options, defaults)));
  };
}

function streamCall(path: string, method: RpcMethod, channel: ByteChannel, defaults: CallOptions): Call {
  return (request, options) => {
    const stream = channel.serverStream(path, encodeRequest(path, method, request), prepare(options, defaults));
    return { [Symbol.asyncIterator]: () => decodeEach(path, method, stream[Symbol.asyncIterator]()) };
  };
}

function decodeEach(
  path: string,
  method: RpcMethod,
  source: AsyncIterator<Uint8Array>,
): AsyncIterableIterator<unknown> {
  const decode = (result: IteratorResult<Uint8Array>): IteratorResult<unknown> => {
    if (result.done === true) return result;
    try {
      return { done: false, value: decodeResponse(path, method, result.value) };
    } catch (thrown) {
      // A caller does not return() an iterator that threw, so the call is cancelled here.
      source.return?.(undefined)?.then(undefined, () => undefined);
      throw thrown;
    }
  };
  return {
    next: () => source.next().then(decode),
    return: (value) => source.return?.(value) ?? Promise.resolve({ done: true, value }),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function callsWithin(path: string, method: RpcMethod, channel: MessageChannel, defaults: CallOptions): Call {
  if (!method.responseStream) {
    // Not an async function: one more promise around each call.
    return (request, options) => {
      try {
        return channel.unary(path, request, prepare(options, defaults));
      } catch (thrown) {
        return Promise.reject(thrown);
      }
    };
  }
  return (request, options) => channel.serverStream(path, request, prepare(options, defaults));
}

/**
 * Makes the typed client of a generated definition over any channel. A stream starts at its first `next()`;
 * returning early from it cancels the handler. Every failure is a SluiceError.
 */
export function createClient<D extends RpcDefinition>(
  definition: D,
  channel: Channel,
  defaults: CallOptions = NO_OPTIONS,
): Client<D> {
  const calls: Record<string, Call> = {};
  for (const [key, method] of Object.entries(definition.methods)) {
    const path = `/${definition.fullName}/${method.name}`;
    if (channel.carries === "messages") calls[key] = callsWithin(path, method, channel, defaults);
    else calls[key] = (method.responseStream ? streamCall : unaryCall)(path, method, channel, defaults);
  }
  return calls as Client<D>;
}
