import type { GrpcChannelOptions } from "./grpc-channel.ts";
import type { GrpcServer, GrpcServerOptions } from "./grpc-server.ts";
import { LocalChannel, type LocalChannelOptions } from "./local-channel.ts";
import type { ByteChannel, MessageChannel } from "./types.ts";

export { bind } from "./bind.ts";
export { createClient } from "./client.ts";
export { DEFAULT_MAX_MESSAGE_BYTES, type FailureHook } from "./failures.ts";
export type { GrpcChannelOptions } from "./grpc-channel.ts";
export type { GrpcServer, GrpcServerOptions } from "./grpc-server.ts";
export { HealthDefinition } from "./health.ts";
export type { LocalChannelOptions } from "./local-channel.ts";
export { type MessageSource, pulled } from "./pulled.ts";
export type {
  BoundService,
  ByteChannel,
  CallContext,
  CallOptions,
  Carrier,
  Channel,
  Client,
  Implementation,
  MessageChannel,
  MessageCodec,
  RpcDefinition,
  RpcMethod,
} from "./types.ts";

/** A channel to services of this process. @throws internal when a contract has two owners */
export function openLocalChannel(options: LocalChannelOptions): MessageChannel {
  return new LocalChannel(options);
}

/** A channel to a service of another process; connects on first use. Loads grpc-js only now: one process needs none. */
export async function openGrpcChannel(options: GrpcChannelOptions): Promise<ByteChannel> {
  const { GrpcChannel } = await import("./grpc-channel.ts");
  return new GrpcChannel(options);
}

/** Serves contracts over gRPC, with grpc.health.v1 beside them. @throws unavailable when it cannot listen */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { listen } = await import("./grpc-server.ts");
  return listen(options);
}
