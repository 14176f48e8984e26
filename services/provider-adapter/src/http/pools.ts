import { Pool } from "undici";
import { PooledExchange } from "./exchange.ts";
import type { OutboundRequest, Send } from "./types.ts";

export interface PoolOptions {
  /** Most connections per origin. */
  readonly connections: number;
  /** Most time a connection attempt may take, in milliseconds. */
  readonly connectTimeoutMs: number;
}

/** Warm connections to every provider, one pool per origin. */
export interface Pools {
  readonly send: Send;
  /** Closes every connection; what is in flight fails. */
  close(): Promise<void>;
}

/** Opens the pools. HTTP/1.1 with keep-alive; redirects are never followed; time limits belong to the caller. */
export function openPools(options: PoolOptions): Pools {
  const pools = new Map<string, Pool>();
  const poolOf = (origin: string): Pool => {
    const known = pools.get(origin);
    if (known !== undefined) return known;
    const pool = new Pool(origin, {
      connections: options.connections,
      pipelining: 1,
      allowH2: false,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: options.connectTimeoutMs },
    });
    pools.set(origin, pool);
    return pool;
  };
  const send = (request: OutboundRequest, onSent: () => void): PooledExchange => {
    const exchange = new PooledExchange(onSent);
    poolOf(request.origin).dispatch(
      { origin: request.origin, path: request.path, method: "POST", headers: request.headers, body: request.body },
      exchange,
    );
    return exchange;
  };
  return {
    send,
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
      pools.clear();
    },
  };
}
