/** A process of the kill suite: publishes or consumes, and at the point it is told kills itself with SIGKILL. */
import { type Bus, type BusOptions, openBus, payloadOf } from "@sluice/platform/bus";
import { openSqlite } from "@sluice/platform/sql";
import { done, metered } from "./bus-world.ts";

export interface ChildTask {
  readonly bus: BusOptions;
  readonly role: "publish" | "consume";
  /** First and last fact to publish. */
  readonly first?: number;
  readonly last?: number;
  /** SQLite file of the consumer's effects. */
  readonly effects?: string;
  /** Die once this many facts are published or applied by this process. */
  readonly dieAt?: number;
}

const task = JSON.parse(process.argv[2] ?? "{}") as ChildTask;
const bus = await openBus(task.bus);
if (task.role === "publish") await publish(bus, task);
else await consume(bus, task);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function die(): void {
  process.kill(process.pid, "SIGKILL");
}

/** Dies after the append and before anybody has heard of it; what was said to be durable must be there later. */
async function publish(bus: Bus, { first = 1, last = 0, dieAt }: ChildTask): Promise<void> {
  for (let n = first; n <= last; n += 8) {
    const together = Array.from({ length: Math.min(8, last - n + 1) }, (_, index) => n + index);
    await Promise.all(together.map((each) => bus.publish(metered(each))));
    if (dieAt !== undefined && n - first + together.length >= dieAt) die();
    say(`durable ${n + together.length - 1}`);
  }
  await bus.close(30_000);
  say("published");
}

/** Applies each fact under its id, as every handler must; dies after applying and before acknowledging. */
async function consume(bus: Bus, { effects = "", dieAt }: ChildTask): Promise<void> {
  const database = openSqlite(effects);
  database.exec("create table if not exists effect (id text primary key, amount integer not null) strict");
  const apply = database.prepare("insert into effect (id, amount) values (?, ?) on conflict do nothing");
  let applied = 0;
  const consumer = await bus.consume({
    stream: "SLUICE_ATTEMPTS",
    durable: "ledger-attempt-metered",
    types: ["attempt.metered"],
    batchSize: 7,
    handle: async (batch) => {
      for (const event of batch) {
        apply.run(event.id, payloadOf(event, "attempt.metered").startedAtMs);
        applied += 1;
        if (applied === dieAt) die();
      }
      return batch.map(() => done);
    },
  });
  say("consuming");
  setInterval(async () => {
    const { n, sum } =
      database.prepare("select count(*) as n, coalesce(sum(amount), 0) as sum from effect").get() ?? {};
    say(`effects ${n} sum ${sum} lag ${await consumer.lag()}`);
  }, 50);
  process.once("SIGTERM", async () => {
    await bus.close();
    process.exit(0);
  });
}
