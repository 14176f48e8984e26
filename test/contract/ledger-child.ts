/** A process of the ledger's kill suite: prepares holds and facts, or runs the ledger and kills itself at the named point. */
import { connectRedis } from "@sluice/platform/cache";
import { AttemptsConsumer } from "../../services/ledger/src/consumers/attempts.ts";
import { EmbeddedHoldStore } from "../../services/ledger/src/holds/embedded-store.ts";
import { RedisHoldStore } from "../../services/ledger/src/holds/redis-store.ts";
import { ATTEMPTS, isAbandoned, isUnstarted, type LedgerChildTask, type Point } from "./ledger-kill-plan.ts";
import { LedgerWorld } from "./ledger-world.ts";

const ABANDONED_TTL_MS = 1_000n;

const die = (): never => {
  process.kill(process.pid, "SIGKILL");
  throw new Error("not reached");
};

/** Dies before or after a method of a class, as the test's stand-in for a power cut between two lines. */
function dieAround(prototype: object, method: string, when: "before" | "after"): void {
  const original: unknown = Reflect.get(prototype, method);
  if (typeof original !== "function") throw new Error(`There is no method ${method}.`);
  const doomed = async function (this: unknown, ...args: unknown[]): Promise<unknown> {
    if (when === "before") die();
    await Reflect.apply(original, this, args);
    return die();
  };
  Reflect.set(prototype, method, doomed);
}

function arm(point: Point, world: LedgerWorld): void {
  const store = task.redis === undefined ? EmbeddedHoldStore.prototype : RedisHoldStore.prototype;
  switch (point) {
    case "hold stored":
      dieAround(store, "place", "after");
      break;
    case "facts delivered":
      dieAround(AttemptsConsumer.prototype, "handle", "before");
      break;
    case "books written":
      dieAround(store, "settle", "before");
      break;
    case "holds ended":
      dieAround(store, "settle", "after");
      break;
    default: {
      const type = point === "hold told" ? "hold.placed" : "ledger.posted";
      world.onPublished = (published) => {
        if (published === type) die();
      };
    }
  }
}

async function prepare(world: LedgerWorld): Promise<void> {
  // Nothing is consumed and nothing expires while the facts are laid out.
  AttemptsConsumer.prototype.start = async () => undefined;
  await world.start();
  await world.limit(1_000_000_000n);
  for (let n = 1; n <= ATTEMPTS; n++) {
    const forgotten = isAbandoned(n) || isUnstarted(n);
    await world.granted(`att_${n}`, 50n, { ttlMs: forgotten ? ABANDONED_TTL_MS : 600_000n });
    if (!isUnstarted(n)) await world.started(`att_${n}`);
    if (!forgotten) await world.metered(`att_${n}`, BigInt(n));
  }
  await world.close();
}

const task = JSON.parse(process.argv[2] ?? "{}") as LedgerChildTask;
const redis = task.redis && (await connectRedis(task.redis));
const world = new LedgerWorld({ ...task, redis, config: { batch_size: 7 } });
if (task.dieAt === undefined) {
  await prepare(world);
  redis?.disconnect();
} else {
  arm(task.dieAt, world);
  await world.start();
  if (task.dieAt.startsWith("hold ")) await world.hold(`lost_${task.dieAt.slice(5)}`, 50n, { ttlMs: ABANDONED_TTL_MS });
}
