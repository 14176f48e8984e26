import type { BinaryWriter } from "@bufbuild/protobuf/wire";

/** One method of a generated service (ts-proto `generic-definitions`), as far as the RPC layer needs it. */
export interface RpcMethod {
  readonly name: string;
  readonly requestType: MessageCodec<unknown>;
  readonly requestStream: boolean;
  readonly responseType: MessageCodec<unknown>;
  readonly responseStream: boolean;
}

/** Binary codec of a generated message. */
export interface MessageCodec<Message> {
  /** Appends to `writer` if one is given; a codec without protobuf may ignore it. */
  encode(message: Message, writer?: BinaryWriter): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
}

/** A generated service definition, e.g. `RouterServiceDefinition`. */
export interface RpcDefinition {
  readonly name: string;
  readonly fullName: string;
  readonly methods: Readonly<Record<string, RpcMethod>>;
}

/** Per-call options; all optional. */
export interface CallOptions {
  /** Time the whole call may take, in milliseconds from now. A stream's deadline covers the whole stream. */
  readonly deadlineMs?: number;
  /** Aborting cancels the call on both sides; the caller sees a SluiceError `cancelled`. */
  readonly signal?: AbortSignal;
  /** ASCII metadata; keys are lower case. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What a handler knows about the call it serves. */
export interface CallContext {
  /** Aborted when the caller cancels, disappears or its deadline passes. */
  readonly signal: AbortSignal;
  readonly metadata: Readonly<Record<string, string>>;
  /** Epoch milliseconds by which the caller wants the answer, if it said so. */
  readonly deadlineAt?: number;
}

/** Carries calls as bytes; the local and the gRPC implementation behave the same (test/contract/rpc). */
export interface Channel {
  unary(method: string, request: Uint8Array, options: CallOptions): Promise<Uint8Array>;
  serverStream(method: string, request: Uint8Array, options: CallOptions): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

type RequestOf<M> = M extends { requestType: MessageCodec<infer T> } ? T : never;
type ResponseOf<M> = M extends { responseType: MessageCodec<infer T> } ? T : never;

/** Typed client of a generated definition. */
export type Client<D extends RpcDefinition> = {
  readonly [K in keyof D["methods"]]: D["methods"][K]["responseStream"] extends true
    ? (request: RequestOf<D["methods"][K]>, options?: CallOptions) => AsyncIterable<ResponseOf<D["methods"][K]>>
    : (request: RequestOf<D["methods"][K]>, options?: CallOptions) => Promise<ResponseOf<D["methods"][K]>>;
};

/** Typed implementation of a generated definition. Throw SluiceError; anything else becomes `internal`. */
export type Implementation<D extends RpcDefinition> = {
  readonly [K in keyof D["methods"]]: D["methods"][K]["responseStream"] extends true
    ? (request: RequestOf<D["methods"][K]>, context: CallContext) => AsyncIterable<ResponseOf<D["methods"][K]>>
    : (request: RequestOf<D["methods"][K]>, context: CallContext) => Promise<ResponseOf<D["methods"][K]>>;
};

/** A definition with its implementation, ready to be served by a local channel or a gRPC server. */
export interface BoundService {
  readonly definition: RpcDefinition;
  readonly implementation: Readonly<Record<string, (request: never, context: CallContext) => unknown>>;
}
