import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type IngressConfig, ingressModule } from "@sluice/ingress";
import type { Bus, DeliveredEvent } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import { hashApiKey, newApiKey } from "@sluice/platform/ids";
import { createLogger } from "@sluice/platform/log";
import { createMetrics } from "@sluice/platform/metrics";
import type { RunningService, ServiceContext } from "@sluice/platform/module";
import {
  bind,
  type CallContext,
  createClient,
  type Implementation,
  openLocalChannel,
  type RpcDefinition,
} from "@sluice/platform/rpc";
import { type Migrations, type OpenDatabase, openDatabase } from "@sluice/platform/sql";
import { ChatChunk, type FinishReason } from "@sluice/proto/chat/v1/chat";
import { AccountKind } from "@sluice/proto/common/v1/call_context";
import { IdentityServiceDefinition, KeyState, ResolveKeyResponse } from "@sluice/proto/identity/v1/identity_service";
import {
  type EstimateRequest,
  type EstimateResponse,
  ModelEntry,
  type RouteRequest,
  RouteResponse,
  RouterServiceDefinition,
} from "@sluice/proto/router/v1/router_service";

export type Route = (request: RouteRequest, call: CallContext) => AsyncIterable<RouteResponse>;

export interface DoorOptions {
  readonly route?: Route;
  readonly estimate?: (request: EstimateRequest) => Promise<EstimateResponse>;
  readonly models?: readonly string[];
  readonly config?: Record<string, unknown>;
  /** Answers for keys other than the door's own. */
  readonly resolve?: (hash: string) => Promise<ResolveKeyResponse> | ResolveKeyResponse;
  /** The identity service's sessions; without it nobody has any. */
  readonly sessions?: Partial<Implementation<typeof IdentityServiceDefinition>>;
}

export interface TestDoor {
  readonly url: string;
  readonly key: string;
  readonly service: RunningService;
  readonly directory: string;
  /** Everything the door logged, as text. */
  log(): string;
  /** Tells the door that a key was revoked. */
  revoke(key: string): void;
  /** Tells the door that a session was closed. */
  endSession(id: string): void;
  readonly lookups: string[];
  fetch(path: string, init?: RequestInit): Promise<Response>;
  chat(body: unknown, init?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
}

export const head = (over: object = {}): RouteResponse =>
  RouteResponse.fromPartial({
    message: {
      $case: "head",
      value: { attemptId: "att_1", provider: "sim", model: "sim/small", attempts: 1, simulated: true, ...over },
    },
  });

export const batch = (...chunks: Parameters<typeof ChatChunk.fromPartial>[0][]): RouteResponse => ({
  message: { $case: "batch", value: { chunks: chunks.map((chunk) => ChatChunk.fromPartial(chunk)) } },
});

export const summary = (over: object = {}): RouteResponse =>
  RouteResponse.fromPartial({
    message: {
      $case: "summary",
      value: {
        usage: { inputTokens: 7n, cachedInputTokens: 2n, outputTokens: 3n, reasoningTokens: 1n },
        costNanousd: 1_234_500n,
        verdict: "pass",
        ...over,
      },
    },
  });

export const start = {
  event: { $case: "start", value: { id: "chatcmpl-1", model: "small-1", createdAtS: 1_700_000_000n, dialect: 1 } },
} as const;
export const text = (value: string) => ({ event: { $case: "text", value } }) as const;
export const finish = (reason: FinishReason = 1, rawReason = "stop") =>
  ({ event: { $case: "finish", value: { reason, rawReason } } }) as const;

/** An answer of a few words. */
export const hello: Route = async function* () {
  yield head();
  yield batch(start, text("Hello"), text(" there"));
  yield batch(text("!"), finish());
  yield summary();
};

class FakeBus implements Pick<Bus, "read" | "health"> {
  private readonly listeners = new Set<(event: DeliveredEvent) => void>();

  health() {
    return { connected: true, outboxFacts: 0, outboxFullness: 0 };
  }

  async *read(options: Parameters<Bus["read"]>[0]): AsyncGenerator<DeliveredEvent, void> {
    const queue: DeliveredEvent[] = [];
    let wake = (): void => undefined;
    const listener = (event: DeliveredEvent): void => {
      queue.push(event);
      wake();
    };
    this.listeners.add(listener);
    options.signal?.addEventListener("abort", () => wake());
    try {
      while (options.signal?.aborted !== true) {
        const next = queue.shift();
        if (next !== undefined) yield next;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.listeners.delete(listener);
    }
  }

  emit(event: DeliveredEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}

export function activeKey(over: object = {}): ResolveKeyResponse {
  return ResolveKeyResponse.fromPartial({
    state: KeyState.KEY_STATE_ACTIVE,
    keyId: "key_1",
    tenantId: "org_1",
    accounts: [{ kind: AccountKind.ACCOUNT_KIND_ORG, id: "org_1" }],
    ...over,
  });
}

/** The door's database, in one file. */
class Databases {
  readonly #file: string;
  readonly #opened: { close(): Promise<void> }[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  readonly open = async <Schema>(migrations: Migrations): Promise<OpenDatabase<Schema>> => {
    const opened = await openDatabase<Schema>({ kind: "sqlite", file: this.#file, durability: "process" }, migrations);
    this.#opened.push(opened);
    return opened;
  };

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((opened) => opened.close()));
  }
}

/** Starts the door with a router and an identity service that a test writes itself, on a free port. */
export async function openDoor(options: DoorOptions = {}): Promise<TestDoor> {
  const key = newApiKey();
  const own = hashApiKey(key).toString("hex");
  const lookups: string[] = [];
  const lines: string[] = [];
  const bus = new FakeBus();
  const services = [
    bind(RouterServiceDefinition, {
      route: options.route ?? hello,
      listModels: async () => ({
        models: (options.models ?? ["sim/small"]).map((name) => ModelEntry.fromPartial({ name })),
      }),
      estimate: options.estimate ?? (() => Promise.reject(new SluiceError("not_found", "Nothing is estimated here."))),
      explain: () => Promise.reject(new SluiceError("not_found", "The door asks for no stories.")),
    }),
    bind(IdentityServiceDefinition, {
      resolveKey: async ({ keyHash }) => {
        const hash = Buffer.from(keyHash).toString("hex");
        lookups.push(hash);
        const other = await options.resolve?.(hash);
        if (other !== undefined) return other;
        return hash === own ? activeKey() : ResolveKeyResponse.create();
      },
      resolveSession: async () => ({ session: undefined }),
      openSession: nobody,
      showSession: nobody,
      closeSession: nobody,
      ...options.sessions,
    }),
  ];
  const channel = openLocalChannel({ services, freeze: true });
  const directory = await mkdtemp(join(tmpdir(), "sluice-ingress-"));
  const databases = new Databases(join(directory, "ingress.db"));
  const context = {
    config: ingressModule.config.parse({ listen_port: 0, ...options.config }),
    log: createLogger({ service: "ingress", destination: { write: (line) => lines.push(line) } }),
    metrics: createMetrics({ processMetrics: false }),
    bus: bus as unknown as Bus,
    dataDirectory: directory,
    database: databases.open,
    client: <D extends RpcDefinition>(definition: D) => createClient(definition, channel),
  } as unknown as ServiceContext<IngressConfig>;
  const service = await ingressModule.start(context);
  const url = service.httpAddress ?? "";
  const authorization = `Bearer ${key}`;
  const door: TestDoor = {
    url,
    key,
    service,
    directory,
    lookups,
    log: () => lines.join(""),
    endSession: (id) => bus.emit(closedEvent(id)),
    revoke: (revoked) => bus.emit(revokedEvent(hashApiKey(revoked).toString("hex"))),
    fetch: (path, init) => fetch(url + path, { ...init, headers: { authorization, ...init?.headers } }),
    chat: (body, init) =>
      door.fetch("/v1/chat/completions", {
        method: "POST",
        body: typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body),
        ...init,
        headers: { "content-type": "application/json", ...init?.headers },
      }),
    stop: async () => {
      await service.stop();
      await databases.close();
      await rm(directory, { recursive: true });
    },
  };
  return door;
}

const nobody = () => Promise.reject(new SluiceError("not_found", "There are no sessions here."));

const closedEvent = (sessionId: string): DeliveredEvent => ({
  ...revokedEvent(""),
  subject: "sluice.session.revoked.org_1",
  id: `${sessionId}-revoked`,
  type: "session.revoked",
  json: JSON.stringify({ sessionId, tenantId: "org_1", revokedAtMs: "1" }),
});

const revokedEvent = (keyHash: string): DeliveredEvent => ({
  stream: "SLUICE_CONTROL",
  subject: "sluice.key.revoked.org_1",
  sequence: 1n,
  id: "e1",
  type: "key.revoked",
  tenant: "org_1",
  storedAt: Date.now(),
  deliveries: 1,
  json: JSON.stringify({ keyId: "key_1", tenantId: "org_1", keyHash, revokedAtMs: "1" }),
});
