/** The load generator: a process of its own that takes jobs from its parent, one after another. */
import { Client } from "undici";
import { quantile } from "../report/statistics.ts";
import { type Exchange, exchange } from "./exchange.ts";
import type { Job, Outcome } from "./job.ts";

const TIMEOUT_MS = 30_000;

async function run(job: Job): Promise<Outcome> {
  const results: Exchange[] = [];
  const clients = Array.from(
    { length: job.clients },
    () => new Client(job.url, { pipelining: 1, allowH2: false, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS }),
  );
  const startedMs = performance.now();
  const endMs = startedMs + job.durationMs;
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() < endMs) results.push(await exchange(client, job));
    }),
  );
  const elapsedMs = performance.now() - startedMs;
  await Promise.all(clients.map((client) => client.close()));
  return outcomeOf(results, elapsedMs);
}

function outcomeOf(results: readonly Exchange[], elapsedMs: number): Outcome {
  const good = results.filter(({ error }) => error === undefined);
  const total = good.map(({ totalMs }) => totalMs);
  return {
    requests: good.length,
    deltas: good.reduce((sum, { deltas }) => sum + deltas, 0),
    errors: results.length - good.length,
    firstError: results.find(({ error }) => error !== undefined)?.error,
    elapsedMs,
    p50Ms: quantile(total, 0.5),
    p99Ms: quantile(total, 0.99),
    firstByteP50Ms: quantile(
      good.map(({ firstByteMs }) => firstByteMs),
      0.5,
    ),
  };
}

process.on("message", (job: Job) => {
  run(job).then(
    (outcome) => process.send?.({ outcome }),
    (error: unknown) => process.send?.({ failure: String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
process.send?.({ ready: true });
