import type { Door } from "../door.ts";
import { sendEstimate } from "../endpoints/estimate/response.ts";
import type { Exchange } from "../exchange.ts";
import { authenticate, permitModel } from "../steps/authenticate.ts";
import { type Asking, callContext } from "../steps/call-context.ts";
import { findSession } from "../steps/find-session.ts";
import { readJson } from "../steps/read-json.ts";
import { readLabels } from "../steps/read-labels.ts";
import { readPurpose } from "../steps/read-purpose.ts";
import { readWishes } from "../steps/read-wishes.ts";
import { answerTask } from "./answer-task.ts";
import type { ReadTask, TaskDialect } from "./task-dialect.ts";

const ESTIMATE_DEADLINE_MS = 15_000;

/** What happens to every request beside chat, in this order: the same steps as a chat's, but its answer is always whole. */
export async function runTask<Body>(door: Door, exchange: Exchange, dialect: TaskDialect<Body>): Promise<void> {
  const caller = await authenticate(door, exchange);
  const session = await findSession(door, exchange, caller);
  const { headers } = exchange.request;
  const wishes = readWishes(headers);
  const labels = readLabels(headers);
  const wanted = readPurpose(headers);
  const place = door.gate.enter(caller.keyId, exchange.abort);
  try {
    const body = await (dialect.readBody ?? readJson)(door, exchange, place);
    const task = dialect.read(body as Body);
    const { model } = task.request;
    exchange.facts.model = model;
    exchange.facts.stream = false;
    permitModel(caller, model);
    const asked = askedOf(door, exchange, { caller, session, labels }, task);
    const options = { signal: exchange.abort.signal, deadlineMs: door.config.request_timeout_ms };
    if (wanted === "estimate") {
      const deadlineMs = Math.min(ESTIMATE_DEADLINE_MS, options.deadlineMs);
      sendEstimate(
        exchange,
        model,
        await door.router.estimate({ ...asked, options: wishes }, { ...options, deadlineMs }),
      );
    } else await answerTask(exchange, door.router.route({ ...asked, options: wishes }, options), task);
  } finally {
    place.release();
  }
}

function askedOf(door: Door, exchange: Exchange, asking: Asking, { request }: ReadTask) {
  const context = callContext(door, exchange, asking, { metadata: {}, userLabel: request.userLabel });
  return { context, chat: undefined, task: request };
}
