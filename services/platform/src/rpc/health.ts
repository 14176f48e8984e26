import { bind } from "./bind.ts";
import type { BoundService, CallContext, MessageCodec, RpcDefinition } from "./types.ts";

/** Values of grpc.health.v1.HealthCheckResponse.ServingStatus. */
const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;

interface HealthRequest {
  readonly service: string;
}
interface HealthResponse {
  readonly status: number;
}

const MAX_SERVICE_NAME = 127;

/** Field 1 as a string. Names over 127 bytes belong to no service here, so a one-byte length is all it reads. */
const requestCodec: MessageCodec<HealthRequest> = {
  encode: ({ service }) => ({
    finish: () => {
      const name = Buffer.from(service).subarray(0, MAX_SERVICE_NAME);
      return name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
    },
  }),
  decode: (bytes) => {
    const length = bytes[1] ?? 0;
    const readable = bytes[0] === 0x0a && length <= MAX_SERVICE_NAME;
    if (bytes.length > 0 && !readable) return { service: "?" };
    return { service: Buffer.from(bytes.subarray(2, 2 + length)).toString() };
  },
};

/** Field 1 as an enum. */
const responseCodec: MessageCodec<HealthResponse> = {
  encode: ({ status }) => ({ finish: () => Uint8Array.of(0x08, status) }),
  decode: (bytes) => ({ status: bytes[1] ?? 0 }),
};

const codecs = { requestType: requestCodec, requestStream: false, responseType: responseCodec } as const;

/** The standard health service (https://grpc.io/docs/guides/health-checking/), written by hand: two tiny messages. */
export const HealthDefinition = {
  name: "Health",
  fullName: "grpc.health.v1.Health",
  methods: {
    check: { name: "Check", ...codecs, responseStream: false },
    watch: { name: "Watch", ...codecs, responseStream: true },
  },
} as const satisfies RpcDefinition;

/** Whether a server takes calls, and those who want to hear about changes. */
export class Health {
  private serving = true;
  private closed = false;
  private readonly services: ReadonlySet<string>;
  private readonly listeners = new Set<() => void>();

  /** @param services full names that can be asked for; the empty name means the whole server */
  constructor(services: readonly string[]) {
    this.services = new Set(["", ...services]);
  }

  setServing(serving: boolean): void {
    this.serving = serving;
    this.notify();
  }

  /** Ends all watches, so that a draining server has no stream that never ends. */
  close(): void {
    this.closed = true;
    this.notify();
  }

  service(): BoundService {
    return bind(HealthDefinition, {
      check: async (request) => ({ status: this.statusOf(request.service) }),
      watch: (request, context) => this.watch(request.service, context),
    });
  }

  private statusOf(service: string): number {
    if (!this.services.has(service)) return SERVICE_UNKNOWN;
    return this.serving ? SERVING : NOT_SERVING;
  }

  private async *watch(service: string, context: CallContext): AsyncGenerator<HealthResponse> {
    let last = -1;
    while (!context.signal.aborted) {
      const status = this.statusOf(service);
      if (status !== last) yield { status };
      last = status;
      if (this.closed) return;
      if (this.statusOf(service) === last) await this.changed(context.signal);
    }
  }

  private changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.listeners.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.listeners.add(done);
      signal.addEventListener("abort", done, { once: true });
    });
  }

  private notify(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
