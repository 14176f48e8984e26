import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bus, Consumer, ConsumerOptions, OutgoingEvent } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import { createLogger } from "@sluice/platform/log";
import { createMetrics } from "@sluice/platform/metrics";
import type { RunningService, ServiceContext } from "@sluice/platform/module";
import { type Client, createClient, openLocalChannel } from "@sluice/platform/rpc";
import { ChatRequest, Message, Part, Role } from "@sluice/proto/chat/v1/chat";
import type { AttemptMetered, AttemptStarted } from "@sluice/proto/events/v1/attempt_events";
import {
  GenerateRequest,
  type GenerateResponse,
  ProviderServiceDefinition,
} from "@sluice/proto/provider/v1/provider_service";
import type { z } from "zod";
import { type ProviderAdapterConfig, providerAdapterConfig } from "../config.ts";
import { providerAdapterModule } from "../index.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

/** A bus that remembers what was published and can be told to refuse. */
export class RecordingBus {
  readonly events: OutgoingEvent[] = [];
  /** Asked before each publish; a throw refuses it. */
  gate: (event: OutgoingEvent) => Promise<void> | void = () => undefined;

  async publish(event: OutgoingEvent): Promise<void> {
    await this.gate(event);
    this.events.push(event);
  }

  /** The service's consumers; a test hands them facts itself. */
  readonly consumers: ConsumerOptions[] = [];

  async consume(options: ConsumerOptions): Promise<Consumer> {
    this.consumers.push(options);
    return { lag: async () => 0, head: async () => 0n, handled: async () => true, stop: async () => undefined };
  }

  started(): AttemptStarted[] {
    return this.events.filter(({ type }) => type === "attempt.started").map(({ payload }) => payload as AttemptStarted);
  }

  metered(): AttemptMetered[] {
    return this.events.filter(({ type }) => type === "attempt.metered").map(({ payload }) => payload as AttemptMetered);
  }
}

export interface World {
  readonly upstream: Upstream;
  readonly bus: RecordingBus;
  readonly client: Client<typeof ProviderServiceDefinition>;
  readonly running: RunningService;
  readonly directory: string;
  readonly logged: () => string;
  /** The only `attempt.metered`, once it is there. */
  metered(): Promise<AttemptMetered>;
  close(): Promise<void>;
}

/** Waits until `look` finds something. @throws after ten seconds */
export async function eventually<T>(what: string, look: () => T | undefined): Promise<T> {
  const giveUpAt = Date.now() + 10_000;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (Date.now() > giveUpAt) throw new Error(`Waited in vain for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

type RawConfig = z.input<typeof providerAdapterConfig>;

function contextOf(config: ProviderAdapterConfig, bus: RecordingBus, directory: string, lines: string[], url: string) {
  const none = (what: string) => () => {
    throw new SluiceError("internal", `The adapter needs no ${what}.`);
  };
  return {
    config,
    log: createLogger({
      level: "debug",
      service: "provider-adapter",
      destination: { write: (line) => lines.push(line) },
    }),
    metrics: createMetrics(),
    bus: bus as unknown as Bus,
    directory: join(directory, "provider-adapter"),
    durability: "process",
    dataDirectory: directory,
    client: none("other service"),
    database: none("database"),
    databaseOptions: none("database"),
    redis: none("Redis"),
    deriveKey: (purpose) => Buffer.alloc(32, purpose),
    httpAddress: (service) => (service === "simulator" ? url : undefined),
    processNotReady: () => [],
  } satisfies ServiceContext<ProviderAdapterConfig>;
}

/** The whole service on a real HTTP upstream: `fake` aborts when a caller leaves, `draining` reads to the end; `atUpstream` names further providers to be answered there too. */
export async function startWorld(config: Partial<RawConfig> = {}, atUpstream: readonly string[] = []): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-adapter-"));
  const upstream = await startUpstream();
  const bus = new RecordingBus();
  const lines: string[] = [];
  const provider = { base_url: `${upstream.url}/v1`, models: ["m-1"], needs_key: false };
  const parsed = providerAdapterConfig.parse({
    ...config,
    providers: {
      fake: { ...provider, abandon: "abort" },
      draining: { ...provider, abandon: "drain" },
      keyed: { ...provider, needs_key: true },
      dead: { ...provider, base_url: "http://127.0.0.1:1/v1" },
      ...config.providers,
      ...Object.fromEntries(
        atUpstream.map((name) => [name, { ...config.providers?.[name], base_url: `${upstream.url}/v1` }]),
      ),
    },
  });
  const context = contextOf(parsed, bus, directory, lines, upstream.url);
  const running = await providerAdapterModule.start(context).catch(async (error: unknown) => {
    await upstream.close();
    throw error;
  });
  const channel = openLocalChannel({ services: [...running.services], freeze: true });
  return {
    upstream,
    bus,
    client: createClient(ProviderServiceDefinition, channel),
    running,
    directory: join(directory, "provider-adapter"),
    logged: () => lines.join(""),
    metered: () => eventually("attempt.metered", () => bus.metered()[0]),
    async close() {
      await running.stop();
      await channel.close();
      await upstream.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** One user message. */
export function chatOf(text: string, fields: Partial<ChatRequest> = {}): ChatRequest {
  const part = Part.create({ kind: { $case: "text", value: text } });
  const message = Message.create({ role: Role.ROLE_USER, parts: [part], plainText: true });
  return ChatRequest.create({
    model: "m-1",
    messages: [message], // The dialect of the built-in providers, so that unknown fields pass.
    dialect: 1,
    ...fields,
  });
}

export function attemptOf(provider: string, chat: ChatRequest, fields: Partial<GenerateRequest> = {}): GenerateRequest {
  return GenerateRequest.create({
    attemptId: "att_1",
    requestId: "req_1",
    tenantId: "org_1",
    provider,
    model: "m-1",
    chat,
    holdId: "att_1",
    priceVersion: "v1",
    priceId: `${provider}/m-1`,
    inputTokenBound: 50n,
    ordinal: 1,
    ...fields,
  });
}

/** What a caller got. */
export interface Got {
  readonly messages: GenerateResponse[];
  readonly text: string;
  readonly tail: Extract<GenerateResponse["message"], { $case: "tail" }>["value"] | undefined;
  readonly thrown: SluiceError | undefined;
}

/** Reads an attempt to its end, or until `enough` says so. */
export async function readAll(
  stream: AsyncIterable<GenerateResponse>,
  enough: (text: string) => boolean = () => false,
): Promise<Got> {
  const messages: GenerateResponse[] = [];
  let text = "";
  let tail: Got["tail"];
  let thrown: SluiceError | undefined;
  try {
    for await (const message of stream) {
      messages.push(message);
      if (message.message?.$case === "tail") tail = message.message.value;
      if (message.message?.$case === "batch") {
        for (const { event } of message.message.value.chunks) if (event?.$case === "text") text += event.value;
      }
      if (enough(text)) break;
    }
  } catch (error) {
    thrown = SluiceError.from(error);
  }
  return { messages, text, tail, thrown };
}
