import { type ChannelCredentials, Client, type ClientUnaryCall, credentials, Metadata } from "@grpc/grpc-js";
import { cancelledCall, checkMessageSize, closedChannel, DEFAULT_MAX_MESSAGE_BYTES, lateCall } from "./failures.ts";
import { fromBuffer, toBuffer } from "./grpc-bytes.ts";
import { fromStatus } from "./grpc-status.ts";
import { GrpcStream } from "./grpc-stream.ts";
import type { ByteChannel, CallOptions } from "./types.ts";
import { watchCaller } from "./watch-caller.ts";

export interface GrpcChannelOptions {
  /** `host:port` of the service. */
  readonly address: string;
  /** The installation secret; sent as `authorization: Bearer …`. */
  readonly secret: string;
  /** Largest request and response, in bytes; default 32 MiB. */
  readonly maxMessageBytes?: number;
  /** Default: plain text, meant for loopback. */
  readonly credentials?: ChannelCredentials;
}

/** Lets a server end a failed stream so that no message before the failure is lost; see `grpc-calls.ts`. */
export const STREAM_ERRORS_KEY = "sluice-stream-errors";

/** Carries calls to another process. Connects at once, again at the next use after a loss, and fails fast while it cannot. */
export class GrpcChannel implements ByteChannel {
  readonly carries = "bytes";
  readonly address: string;
  private readonly client: Client;
  private readonly limit: number;
  private readonly unaryMetadata = new Metadata();
  private readonly streamMetadata: Metadata;
  private closed = false;

  constructor(options: GrpcChannelOptions) {
    this.address = options.address;
    this.limit = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;
    this.unaryMetadata.set("authorization", `Bearer ${options.secret}`);
    this.streamMetadata = this.unaryMetadata.clone();
    this.streamMetadata.set(STREAM_ERRORS_KEY, "trailer");
    this.client = new Client(options.address, options.credentials ?? credentials.createInsecure(), {
      "grpc.max_receive_message_length": this.limit,
      "grpc.max_send_message_length": -1,
      "grpc.initial_reconnect_backoff_ms": 50,
      "grpc.max_reconnect_backoff_ms": 1_000,
      "grpc.keepalive_time_ms": 30_000,
      "grpc.keepalive_timeout_ms": 10_000,
      // Retries belong to the router, who knows what an attempt costs; and a proxy must never see internal calls.
      "grpc.enable_retries": 0,
      "grpc.enable_http_proxy": 0,
      "grpc.service_config_disable_resolution": 1,
      "grpc.use_local_subchannel_pool": 1,
    });
    // The first call must not pay for the connection: some calls have little time.
    this.client.getChannel().getConnectivityState(true);
  }

  async unary(path: string, request: Uint8Array, options: CallOptions): Promise<Uint8Array> {
    this.admit(path, request, options);
    return new Promise((resolve, reject) => {
      let call: ClientUnaryCall | undefined;
      const stopWatching = watchCaller(path, options, (reason) => {
        reject(reason);
        call?.cancel();
      });
      const metadata = this.metadata(this.unaryMetadata, options);
      call = this.client.makeUnaryRequest(
        path,
        toBuffer,
        fromBuffer,
        request,
        metadata,
        deadline(options),
        (error, answer) => {
          stopWatching();
          if (error !== null) reject(fromStatus(path, this.address, error));
          else resolve(answer ?? new Uint8Array());
        },
      );
    });
  }

  serverStream(path: string, request: Uint8Array, options: CallOptions): AsyncIterable<Uint8Array> {
    const deadlineAt = options.deadlineMs === undefined ? undefined : Date.now() + options.deadlineMs;
    const start = () => {
      const left = deadlineAt === undefined ? options : { ...options, deadlineMs: deadlineAt - Date.now() };
      this.admit(path, request, left);
      const metadata = this.metadata(this.streamMetadata, left);
      const call = this.client.makeServerStreamRequest(path, toBuffer, fromBuffer, request, metadata, deadline(left));
      return { call, options: left };
    };
    return { [Symbol.asyncIterator]: () => new GrpcStream({ path, address: this.address, start }) };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.client.close();
  }

  private admit(path: string, request: Uint8Array, options: CallOptions): void {
    if (this.closed) throw closedChannel(path);
    if (options.signal?.aborted === true) throw cancelledCall(path);
    if (options.deadlineMs !== undefined && options.deadlineMs <= 0) throw lateCall(path);
    checkMessageSize("request", path, request.length, this.limit);
  }

  private metadata(base: Metadata, options: CallOptions): Metadata {
    const metadata = base.clone();
    if (options.metadata === undefined) return metadata;
    for (const [name, value] of Object.entries(options.metadata)) metadata.set(name, value);
    return metadata;
  }
}

function deadline(options: CallOptions): { deadline?: number } {
  return options.deadlineMs === undefined ? {} : { deadline: Date.now() + options.deadlineMs };
}
