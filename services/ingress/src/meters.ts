import type { Counter, Metrics } from "@sluice/platform/metrics";
import type { Exchange } from "./exchange.ts";

/** The door's metrics. */
export interface DoorMeters {
  /** Notes one ended exchange. */
  finished(exchange: Exchange, status: number, seconds: number): void;
  readonly streamWrites: Counter;
  readonly clientsLost: Counter;
}

/** Registers the door's metrics. */
export function doorMeters(metrics: Metrics, inFlight: () => number): DoorMeters {
  const requests = metrics.counter({
    name: "sluice_ingress_requests_total",
    help: "Requests answered, by route and status.",
    labels: ["route", "status"],
  });
  const duration = metrics.histogram({
    name: "sluice_ingress_request_seconds",
    help: "Time from a request's headers to the end of its answer.",
    labels: ["route"],
  });
  const firstByte = metrics.histogram({
    name: "sluice_ingress_first_byte_seconds",
    help: "Time from a request's headers to the first byte of a good answer.",
    labels: ["route"],
  });
  metrics.readGauge({ name: "sluice_ingress_in_flight", help: "Chat requests in flight." }, {}, inFlight);
  return {
    finished: ({ facts }, status, seconds) => {
      requests.with({ route: facts.route, status: String(status) }).add();
      duration.with({ route: facts.route }).observe(seconds);
      if (facts.firstByteMs !== undefined) firstByte.with({ route: facts.route }).observe(facts.firstByteMs / 1_000);
    },
    streamWrites: metrics
      .counter({
        name: "sluice_ingress_stream_writes_total",
        help: "Writes of streamed content; chunks known together share one.",
      })
      .with({}),
    clientsLost: metrics
      .counter({
        name: "sluice_ingress_clients_lost_total",
        help: "Clients that left before their answer was complete.",
      })
      .with({}),
  };
}
