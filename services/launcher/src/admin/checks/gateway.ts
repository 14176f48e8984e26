import type { GatewayStatus } from "../answers.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

const FULLNESS_WARN = 0.5;
const FULLNESS_FAIL = 0.8;
const LAG_WARN = 1000n;
const NAMES_MAX = 5;

/** Judges what the gateway says about itself. */
export function checkGateway(status: GatewayStatus): readonly Finding[] {
  return [
    ok("admin door", `process ${status.pid} answers`),
    status.not_ready.length === 0
      ? ok("readiness", "ready")
      : fail("readiness", `not ready: ${status.not_ready.join("; ")}.`),
    ...status.services.map(({ service, problem }) =>
      problem === null ? ok(service, "answers") : fail(service, problem),
    ),
    checkBus(status.bus),
    checkRedis(status.redis),
    ...checkLedger(status.ledger),
    ...checkCredentials(status),
  ];
}

function checkBus(bus: GatewayStatus["bus"]): Finding {
  const text = `${bus.outbox_facts} facts wait in the outbox, ${Math.round(bus.outbox_fullness * 100)} % of its bound`;
  if (!bus.connected) return fail("bus", `not connected; ${text}.`);
  if (bus.outbox_fullness >= FULLNESS_FAIL) return fail("bus", `${text}: new calls are refused at the bound.`);
  if (bus.outbox_fullness >= FULLNESS_WARN) return warn("bus", `${text}.`);
  return ok("bus", `connected; ${text}`);
}

function checkRedis(redis: GatewayStatus["redis"]): Finding {
  if (!redis.used) return ok("redis", "not used: holds are in the embedded store");
  return redis.problem === undefined ? ok("redis", "keeps every write") : fail("redis", redis.problem);
}

function checkLedger(ledger: GatewayStatus["ledger"]): readonly Finding[] {
  // That it does not answer has been said already.
  if (ledger === null) return [];
  const lag = ledger.consumer_lag;
  return [
    ledger.balanced
      ? ok("ledger sums", `balanced over ${ledger.postings} postings; ${ledger.priced_models} models have a price`)
      : fail(
          "ledger sums",
          `entries and balances differ (${ledger.differing.join(", ")}): stop, and keep the data directory for examination.`,
        ),
    checkCounters(ledger),
    ledger.closed_reason === "" ? ok("holds", "admitted") : fail("holds", `none is admitted: ${ledger.closed_reason}`),
    lag !== undefined && lag <= LAG_WARN
      ? ok("ledger lag", `${lag} facts to apply; ${ledger.open_holds} open holds`)
      : warn("ledger lag", lag === undefined ? "unknown while the bus is away." : `${lag} facts wait to be applied.`),
    ledger.overruns === 0n
      ? ok("overruns", "no attempt cost more than its hold")
      : warn(
          "overruns",
          `${ledger.overruns} attempts cost more than their hold: see \`sluice tail ledger --from-start\`.`,
        ),
  ];
}

/** Counters differ for a moment while facts are in flight; those of an account stay so only if something was lost. */
function checkCounters(ledger: NonNullable<GatewayStatus["ledger"]>): Finding {
  const count = ledger.differing_accounts;
  if (count === 0n) return ok("ledger counters", "every enforced counter says what the books say");
  const names = ledger.differing.slice(0, NAMES_MAX).join(", ");
  const remedy = "they do while answers are being booked; what stays different is set to the books within two checks";
  return warn("ledger counters", `${count} enforced counters differ from the books (${names}): ${remedy}.`);
}

function checkCredentials({ credentials, models }: GatewayStatus): readonly Finding[] {
  const stored = credentials.filter((row) => row.needed && row.present).map((row) => row.provider);
  const missing = credentials.filter((row) => row.needed && !row.present).map((row) => row.provider);
  const real = models.filter((model) => model.available && !model.simulated).length;
  const served = `${real} real models can be called, ${models.filter((model) => model.simulated).length} are simulated`;
  if (stored.length === 0 && missing.length > 0) {
    const remedy = missing.map((provider) => `\`sluice secrets set ${provider}\``).join(" or ");
    return [warn("credentials", `none is stored, so only simulated answers are given: ${remedy}.`)];
  }
  const without = missing.length === 0 ? "" : `; none for ${missing.join(", ")}`;
  return [ok("credentials", `stored for ${stored.join(", ") || "nobody"}${without}; ${served}`)];
}
