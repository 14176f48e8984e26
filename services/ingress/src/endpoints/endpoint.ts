import type { Door } from "../door.ts";
import type { ErrorShape } from "../errors/error-shape.ts";
import type { Exchange } from "../exchange.ts";

/** One route of the door. */
export interface Endpoint {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path in Fastify's notation. */
  readonly path: string;
  /** True for the routes that machines ask every few seconds: they are counted, but not logged. */
  readonly quiet?: boolean;
  /** How its errors look; OpenAI's shape by default. */
  readonly errors?: ErrorShape;
  /** Answers a request. Whatever it throws before the first byte becomes the HTTP error. */
  handle(exchange: Exchange): Promise<void>;
}

/** Makes a route for one door; what configuration decides is prepared here, once. */
export type EndpointFactory = (door: Door) => Endpoint;
