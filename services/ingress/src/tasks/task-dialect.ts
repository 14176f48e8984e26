import type { RouteHead, RouteSummary } from "@sluice/proto/router/v1/router_service";
import type { TaskRequest, TaskResult } from "@sluice/proto/tasks/v1/tasks";
import type { Place } from "../admission/in-flight-gate.ts";
import type { Door } from "../door.ts";
import type { Exchange } from "../exchange.ts";

/** What an answer is printed from. */
export interface WholeResult {
  readonly requestId: string;
  /** Epoch seconds at which the request arrived, for providers that give no time. */
  readonly receivedAtS: number;
  readonly head: RouteHead;
  readonly summary: RouteSummary;
  /** The model as the provider spells it, else as the catalogue does. */
  readonly model: string;
}

/** An answer as it goes out. */
export interface PrintedResult {
  readonly contentType: string;
  readonly content: string | Buffer;
}

/** A request as the router is asked it, and how its answer is written. */
export interface ReadTask {
  readonly request: TaskRequest;
  /** @throws internal for a result of another kind, which the router's contract rules out */
  print(result: TaskResult, whole: WholeResult): PrintedResult;
}

/** How one kind of request beside chat is read. */
export interface TaskDialect<Body = unknown> {
  /** Reads what was sent; as JSON by default. */
  readonly readBody?: (door: Door, exchange: Exchange, place: Place) => Promise<Body>;
  /** @throws invalid_request naming each fault */
  read(body: Body): ReadTask;
}

/** An answer of JSON. */
export function printedJson(body: object): PrintedResult {
  return { contentType: "application/json; charset=utf-8", content: JSON.stringify(body) };
}
