import type { IncomingMessage, ServerResponse } from "node:http";
import type { BillLog } from "../bills/bill-log.ts";
import type { PaceSettings } from "../play/schedule.ts";

/** What every request handler may use. */
export interface ServerState {
  readonly pace: PaceSettings;
  readonly bodyBytesMax: number;
  readonly bills: BillLog;
  /** True if a chat model it does not know answers as `small` does. */
  readonly anyModel: boolean;
  /** True for the simulator's key. */
  accepts(key: string | undefined): boolean;
}

/** One HTTP request being answered. */
export interface Exchange {
  readonly state: ServerState;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** A handler for one method and path, or for every path of a pattern. */
export interface Route {
  readonly method: string;
  readonly path: string | RegExp;
  readonly handle: (exchange: Exchange) => Promise<void> | void;
}
