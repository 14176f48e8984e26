import { statfs } from "node:fs/promises";
import { type Finding, fail, ok, warn } from "./finding.ts";

const MIB = 1024 * 1024;
const DISK_FAIL_BYTES = 100 * MIB;
const DISK_WARN_BYTES = 1024 * MIB;
/** No clock that is right shows an earlier time than this program was written at. */
const WRITTEN_AT = Date.UTC(2026, 0, 1);
const CLOCK_DIFFERENCE_MS_MAX = 5000;

/** Is there room for what must be written down before anything is answered? */
export async function checkDisk(directory: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  const text = `${Math.floor(free / MIB)} MiB free below ${directory}`;
  if (free < DISK_FAIL_BYTES) return fail("disk", `${text}: calls are refused when it is full; free some now.`);
  if (free < DISK_WARN_BYTES) return warn("disk", `${text}: less than 1 GiB.`);
  return ok("disk", text);
}

/** Prices, expiry and budgets all depend on the time of day. */
export function checkClock(gatewayNowMs: number | undefined): Finding {
  const now = Date.now();
  if (now < WRITTEN_AT) return fail("clock", `It says ${new Date(now).toISOString()}, which is past: set the clock.`);
  const difference = gatewayNowMs === undefined ? 0 : Math.abs(now - gatewayNowMs);
  if (difference > CLOCK_DIFFERENCE_MS_MAX) {
    return fail("clock", `The gateway's clock is ${difference} ms off this one: synchronise both.`);
  }
  return ok("clock", new Date(now).toISOString());
}
