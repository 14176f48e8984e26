import { type ChannelCredentials, Client, credentials, Metadata } from "@grpc/grpc-js";
import { cancelledCall, checkMessageSize, closedChannel, DEFAULT_MAX_MESSAGE_BYTES, lateCall } from "./failures.ts";
import { fromBuffer, toBuffer } from "./grpc-bytes.ts";
import { Trunk, type TrunkCall } from "./trunk-caller.ts";
import { TRUNK_PATH } from "./trunk-frames.ts";
import { TrunkStream } from "./trunk-stream.ts";
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

/** Carries calls to another process, all on one trunk. Connects at once, again at the next use after a loss, and fails fast while it cannot. */
export class GrpcChannel implements ByteChannel {
  readonly carries = "bytes";
  readonly address: string;
  private readonly client: Client;
  private readonly limit: number;
  private readonly metadata = new Metadata();
  private current: Trunk | undefined;
  private closed = false;

  constructor(options: GrpcChannelOptions) {
    this.address = options.address;
    this.limit = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;
    this.metadata.set("authorization", `Bearer ${options.secret}`);
    this.client = new Client(options.address, options.credentials ?? credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
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
      let answer: Uint8Array | undefined;
      const trunk = this.trunk();
      const call: TrunkCall = {
        path,
        take: (message) => {
          answer = message;
        },
        end: () => {
          stopWatching();
          resolve(answer ?? new Uint8Array());
        },
        fail: (error) => {
          stopWatching();
          reject(error);
        },
      };
      const number = trunk.begin(call, request, options);
      const stopWatching = watchCaller(path, options, (reason) => {
        reject(reason);
        trunk.cancel(number);
      });
    });
  }

  serverStream(path: string, request: Uint8Array, options: CallOptions): AsyncIterable<Uint8Array> {
    const deadlineAt = options.deadlineMs === undefined ? undefined : Date.now() + options.deadlineMs;
    const start = (call: TrunkCall) => {
      const left = deadlineAt === undefined ? options : { ...options, deadlineMs: deadlineAt - Date.now() };
      this.admit(path, request, left);
      const trunk = this.trunk();
      return { trunk, number: trunk.begin(call, request, left), options: left };
    };
    return { [Symbol.asyncIterator]: () => new TrunkStream(path, start) };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.current?.leave();
    this.client.close();
  }

  /** The trunk that takes calls now; a new one after the last has closed. */
  private trunk(): Trunk {
    if (this.current !== undefined) return this.current;
    const stream = this.client.makeBidiStreamRequest(TRUNK_PATH, toBuffer, fromBuffer, this.metadata);
    const trunk = new Trunk(stream, {
      address: this.address,
      limit: this.limit,
      onClosed: () => {
        if (this.current === trunk) this.current = undefined;
      },
    });
    this.current = trunk;
    return trunk;
  }

  private admit(path: string, request: Uint8Array, options: CallOptions): void {
    if (this.closed) throw closedChannel(path);
    if (options.signal?.aborted === true) throw cancelledCall(path);
    if (options.deadlineMs !== undefined && options.deadlineMs <= 0) throw lateCall(path);
    checkMessageSize("request", path, request.length, this.limit);
  }
}
