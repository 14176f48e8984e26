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

/** What every channel does, whatever it carries; a client does the rest. */
export interface Carrier<Carries extends string, Message> {
  readonly carries: Carries;
  unary(method: string, request: Message, options: CallOptions): Promise<Message>;
  serverStream(method: string, request: Message, options: CallOptions): AsyncIterable<Message>;
  close(): Promise<void>;
}

/** A channel between processes: messages are encoded. */
export type ByteChannel = Carrier<"bytes", Uint8Array>;

/**
 * A channel within one process: messages are handed over as they are. Whoever has sent or received a message changes it no more;
 * it may be in several hands.
 */
export type MessageChannel = Carrier<"messages", unknown>;

/** Carries calls; both kinds behave the same (test/contract/rpc). */
export type Channel = ByteChannel | MessageChannel;

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
