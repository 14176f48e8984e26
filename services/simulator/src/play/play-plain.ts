import type { ServerResponse } from "node:http";
import type { Generated, OpenBill } from "../bills/open-bill.ts";
import type { Schedule } from "./schedule.ts";

export interface PlainPlay {
  readonly response: ServerResponse;
  readonly schedule: Schedule;
  readonly bill: OpenBill;
  readonly total: Generated;
  readonly billedOnLeave?: Generated | undefined;
  /** Writes the answer and settles the bill. Absent = nothing is ever said (a stall). */
  readonly deliver?: (() => void) | undefined;
}

/** Waits as long as generating the answer takes, then delivers it; a client that leaves pays for what was made until then. */
export function playPlain(play: PlainPlay): void {
  const { response, schedule, bill, total } = play;
  if (play.deliver !== undefined && schedule.unpaced) {
    play.deliver();
    return;
  }
  const startedMs = performance.now();
  const timer =
    play.deliver === undefined
      ? undefined
      : setTimeout(play.deliver, Math.max(1, schedule.dueMs(total.completionTokens)));
  response.once("close", () => {
    clearTimeout(timer);
    bill.settle("client_closed", play.billedOnLeave ?? madeUntil(performance.now() - startedMs, schedule, total));
  });
}

/** Thinking comes first, so reasoning tokens are used up before any other. */
function madeUntil(elapsedMs: number, schedule: Schedule, total: Generated): Generated {
  const completionTokens = schedule.tokensAt(elapsedMs, total.completionTokens);
  return { completionTokens, reasoningTokens: Math.min(completionTokens, total.reasoningTokens) };
}
