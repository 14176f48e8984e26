import { join } from "node:path";
import { type Bus, type BusOptions, type DeliveredEvent, type OutgoingEvent, openBus } from "@sluice/platform/bus";
import { AttemptMetered, AttemptStarted } from "@sluice/proto/events/v1/attempt_events";
import { type RunningServer, startNats, temporaryDirectory } from "../harness/index.ts";

/** One installation's worth of bus storage, over which buses are opened and closed. */
export interface BusWorld {
  readonly options: BusOptions;
  /** The JetStream shape's server. */
  readonly nats: RunningServer | undefined;
  open(overrides?: Partial<BusOptions>): Promise<Bus>;
  stop(): Promise<void>;
}

export type BusShape = "embedded" | "jetstream";

/** Starts a new world of one shape; every test has its own. */
export async function startWorld(shape: BusShape): Promise<BusWorld> {
  const directory = temporaryDirectory("bus");
  const nats = shape === "jetstream" ? await startNats() : undefined;
  const options: BusOptions = nats
    ? {
        kind: "jetstream",
        servers: [`${nats.host}:${nats.port}`],
        user: nats.user,
        password: nats.password,
        outboxFile: join(directory, "outbox.db"),
      }
    : { kind: "embedded", file: join(directory, "bus.db") };
  const opened: Bus[] = [];
  return {
    options,
    nats,
    open: async (overrides = {}) => {
      const bus = await openBus({ ...options, ...overrides } as BusOptions);
      opened.push(bus);
      return bus;
    },
    stop: async () => {
      for (const bus of opened) await bus.close(0);
      await nats?.stop();
    },
  };
}

/** A metered attempt whose input tokens are `n`. */
export function metered(n: number, tenant = "org_a"): OutgoingEvent<"attempt.metered"> {
  const attemptId = `att_${n}`;
  const payload = AttemptMetered.fromPartial({ attemptId, tenantId: tenant, startedAtMs: BigInt(n) });
  return { type: "attempt.metered", id: attemptId, tenant, payload };
}

/** The start of the same attempt, under the same id. */
export function started(n: number, tenant = "org_a"): OutgoingEvent<"attempt.started"> {
  const attemptId = `att_${n}`;
  const payload = AttemptStarted.fromPartial({ attemptId, tenantId: tenant, startedAtMs: BigInt(n) });
  return { type: "attempt.started", id: attemptId, tenant, payload };
}

/** `first` to `last` inclusive. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Everything a read yields. */
export async function collect(events: AsyncIterable<DeliveredEvent>): Promise<DeliveredEvent[]> {
  const all: DeliveredEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** The outcome of a fact that needs nothing more. */
export const done = { kind: "done" } as const;
