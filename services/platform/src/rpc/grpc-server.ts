import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { SluiceError } from "../errors/index.ts";
import { DoorSecret } from "./door-secret.ts";
import { DEFAULT_MAX_MESSAGE_BYTES, type FailureHook } from "./failures.ts";
import { fromBuffer, toBuffer } from "./grpc-bytes.ts";
import { type Door, serveStream, serveUnary } from "./grpc-calls.ts";
import { collectHandlers, findHandler } from "./handlers.ts";
import { Health } from "./health.ts";
import { TRUNK_MESSAGE_BYTES_MAX, TRUNK_PATH, TRUNK_SERVICE } from "./trunk-frames.ts";
import { Trunks } from "./trunk-server.ts";
import type { BoundService } from "./types.ts";

export interface GrpcServerOptions {
  readonly services: readonly BoundService[];
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 (the default) takes a free port. */
  readonly port?: number;
  /** The installation secret every call must carry. */
  readonly secret: string;
  /** Largest request and response, in bytes; default 32 MiB. */
  readonly maxMessageBytes?: number;
  readonly credentials?: ServerCredentials;
  readonly onFailure?: FailureHook;
}

export interface GrpcServer {
  /** `host:port`, ready for a channel. */
  readonly address: string;
  readonly port: number;
  /** What grpc.health.v1 answers; true from the start. */
  setServing(serving: boolean): void;
  /** Takes nothing new; true if all calls in flight ended within `ms`. */
  drain(ms: number): Promise<boolean>;
  /** Cancels what is still in flight and closes the port. */
  stop(): Promise<void>;
}

/** Most calls one connection may have open; more wait on the caller's side. */
const MAX_CONCURRENT_CALLS = 4_096;

/** Opens the gRPC door. @throws unavailable when the address cannot be listened on */
export async function listen(options: GrpcServerOptions): Promise<GrpcServer> {
  const limit = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;
  const health = new Health(options.services.map(({ definition }) => definition.fullName));
  const server = new Server({
    "grpc.max_receive_message_length": Math.max(limit, TRUNK_MESSAGE_BYTES_MAX),
    "grpc.max_send_message_length": -1,
    "grpc.max_concurrent_streams": MAX_CONCURRENT_CALLS,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
  });
  const door = { secret: new DoorSecret(options.secret), limit, onFailure: options.onFailure };
  const trunks = addServices(server, [...options.services, health.service()], door);
  const host = options.host ?? "127.0.0.1";
  const port = await bindPort(
    server,
    host,
    options.port ?? 0,
    options.credentials ?? ServerCredentials.createInsecure(),
  );
  return {
    address: join(host, port),
    port,
    setServing: (serving) => health.setServing(serving),
    drain: (ms) => {
      trunks.leave();
      return drain(server, health, ms);
    },
    stop: async () => {
      health.close();
      server.forceShutdown();
    },
  };
}

function addServices(server: Server, services: readonly BoundService[], door: Door): Trunks {
  const handlers = collectHandlers(services);
  for (const { definition } of services) {
    const methods: Record<string, ServiceDefinition[string]> = {};
    const implementation: UntypedServiceImplementation = {};
    for (const { name, responseStream } of Object.values(definition.methods)) {
      const path = `/${definition.fullName}/${name}`;
      const handler = findHandler(handlers, path);
      methods[name] = {
        path,
        requestStream: false,
        responseStream,
        ...BYTES,
      };
      implementation[name] = responseStream ? serveStream(handler, door) : serveUnary(handler, door);
    }
    server.addService(methods, implementation);
  }
  const trunks = new Trunks(handlers, door);
  const carry = { path: TRUNK_PATH, requestStream: true, responseStream: true, ...BYTES };
  server.addService({ [TRUNK_SERVICE]: carry }, { [TRUNK_SERVICE]: trunks.serve });
  return trunks;
}

const BYTES = {
  requestSerialize: toBuffer,
  requestDeserialize: fromBuffer,
  responseSerialize: toBuffer,
  responseDeserialize: fromBuffer,
} as const;

function bindPort(server: Server, host: string, port: number, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(join(host, port), credentials, (error, bound) => {
      if (error === null) {
        resolve(bound);
        return;
      }
      server.forceShutdown();
      const remedy = "choose another rpc.listen_port or stop the process that holds it";
      reject(
        new SluiceError("unavailable", `Cannot listen on ${join(host, port)}: ${error.message}; ${remedy}.`, {
          cause: error,
        }),
      );
    });
  });
}

function drain(server: Server, health: Health, ms: number): Promise<boolean> {
  health.setServing(false);
  health.close();
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

function join(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
