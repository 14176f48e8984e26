import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type Simulator, startSimulator } from "../../simulator.ts";

let simulator: Simulator;
before(async () => {
  simulator = await startSimulator({ pace: 0, bodyBytesMax: 10_000 });
});
after(() => simulator.close());

let seen = 0;
beforeEach(() => {
  seen = simulator.bills().at(-1)?.sequence ?? 0;
});

const MESSAGES = [{ role: "user", content: "Tell me about gardening" }];
const PROMPT_TOKENS = MESSAGES.reduce((sum, { content }) => sum + 4 + content.length, 0);

function send(body: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(`${simulator.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${simulator.apiKey}`, "x-client-request-id": "mine" },
    body: typeof body === "string" ? body : JSON.stringify({ messages: MESSAGES, ...(body as object) }),
    ...init,
  });
}

/** The one bill since the test began, without what differs every time. */
function onlyBill(): string {
  const bills = simulator.bills(seen);
  assert.equal(bills.length, 1, JSON.stringify(bills));
  const [bill] = bills;
  return `${bill?.outcome} ${bill?.prompt_tokens} ${bill?.completion_tokens}`;
}

/** Waits until a bill is written; bills of lost connections come after the client knows. */
async function laterBill(): Promise<string> {
  const deadline = Date.now() + 5_000;
  while (simulator.bills(seen).length === 0 && Date.now() < deadline)
    await new Promise((resolve) => setImmediate(resolve));
  return onlyBill();
}

/** Reads a stream until it ends or breaks. */
async function readAll(response: Response): Promise<{ text: string; broken: boolean }> {
  let text = "";
  try {
    for await (const bytes of response.body ?? []) text += Buffer.from(bytes).toString();
    return { text, broken: false };
  } catch {
    return { text, broken: true };
  }
}

const dataLines = (text: string): string[] => text.split("\n\n").filter((one) => one.startsWith("data: "));

test("a plain answer is billed as its usage says, and prompt tokens are the bytes of the prompt's JSON", async () => {
  const response = await send({ model: "small", max_tokens: 9 });
  const { usage } = JSON.parse(await response.text());
  assert.deepEqual([usage.prompt_tokens, usage.completion_tokens], [PROMPT_TOKENS, 9]);
  assert.equal(onlyBill(), `completed ${PROMPT_TOKENS} 9`);
  assert.equal(response.headers.get("x-simulated"), "true");
  assert.equal(response.headers.get("x-request-id"), simulator.bills(seen)[0]?.request_id);
  assert.equal(simulator.bills(seen)[0]?.client_request_id, "mine");
});

test("plain and streamed answers say the same", async () => {
  const plain = JSON.parse(await (await send({ model: "large" })).text());
  const { text } = await readAll(await send({ model: "large", stream: true }));
  const deltas = dataLines(text)
    .slice(0, -1)
    .map((line) => JSON.parse(line.slice(6)).choices[0].delta.content ?? "");
  assert.equal(deltas.join(""), plain.choices[0].message.content);
  assert.equal(dataLines(text).at(-1), "data: [DONE]");
  assert.equal(deltas.length - 2, plain.usage.completion_tokens);
});

const STATUSES: readonly [string, number, string][] = [
  ["small+429=7", 429, "refused 0 0"],
  ["small+503", 503, "error 0 0"],
  ["small+401", 401, "refused 0 0"],
  ["small+400", 400, "refused 0 0"],
  ["small+html", 502, "error 0 0"],
  ["small+nope", 404, "refused 0 0"],
  ["nope", 404, "refused 0 0"],
];
for (const [model, status, bill] of STATUSES) {
  test(`${model} answers ${status} and bills nothing`, async () => {
    const response = await send({ model, stream: true });
    assert.equal(response.status, status);
    const text = await response.text();
    if (model !== "small+html") assert.equal(typeof JSON.parse(text).error.message, "string");
    if (status === 429) assert.equal(response.headers.get("retry-after"), "7");
    assert.equal(onlyBill(), bill);
  });
}

test("drop resets the connection before any header", async () => {
  await assert.rejects(send({ model: "small+drop" }));
  assert.equal(await laterBill(), "error 0 0");
});

test("cut ends the connection after n chunks and bills the tokens that were in them", async () => {
  const { text, broken } = await readAll(await send({ model: "small+cut=4", stream: true }));
  assert.equal(dataLines(text).length, 4);
  assert.equal(broken, true);
  assert.equal(onlyBill(), `cut ${PROMPT_TOKENS} 3`);
});

test("cut before the first chunk, and in a plain answer", async () => {
  const first = await readAll(await send({ model: "small+cut=0", stream: true }));
  assert.deepEqual([dataLines(first.text).length, first.broken], [0, true]);
  assert.equal(onlyBill(), `cut ${PROMPT_TOKENS} 0`);
  const plain = await readAll(await send({ model: "small+cut=5" }));
  assert.equal(plain.broken, true);
  assert.ok(plain.text.length > 0);
});

for (const [model, outcome] of [
  ["exact+stall=3", `client_closed ${PROMPT_TOKENS} 2`],
  ["exact+stall=3+bill-full", `client_closed ${PROMPT_TOKENS} 50`],
] as const) {
  test(`${model} says nothing more until the client leaves`, async () => {
    const controller = new AbortController();
    const response = await send({ model, stream: true, max_tokens: 50 }, { signal: controller.signal });
    let text = "";
    for await (const bytes of response.body ?? []) {
      text += Buffer.from(bytes).toString();
      if (dataLines(text).length === 3) break;
    }
    assert.equal(simulator.bills(seen).length, 0);
    controller.abort();
    assert.equal(await laterBill(), outcome);
  });
}

test("malformed breaks one chunk and goes on", async () => {
  const { text } = await readAll(await send({ model: "small+malformed=2", stream: true }));
  const lines = dataLines(text);
  assert.throws(() => JSON.parse(lines[1]?.slice(6) ?? ""));
  JSON.parse(lines[2]?.slice(6) ?? "");
  assert.equal(lines.at(-1), "data: [DONE]");
  const plain = await (await send({ model: "small+malformed" })).text();
  assert.throws(() => JSON.parse(plain));
});

test("an in-band error comes with status 200, first or in the middle", async () => {
  const plain = await send({ model: "small+inband-error" });
  assert.equal(plain.status, 200);
  assert.equal(JSON.parse(await plain.text()).error.type, "server_error");
  assert.equal(onlyBill(), "error 0 0");
  const first = dataLines((await readAll(await send({ model: "small+inband-error", stream: true }))).text);
  assert.equal(first.length, 1);
  assert.match(first[0] ?? "", /^data: \{"error"/);
  const middle = dataLines((await readAll(await send({ model: "small+inband-error=3", stream: true }))).text);
  assert.equal(middle.length, 4);
  assert.match(middle[3] ?? "", /^data: \{"error"/);
  const bills = simulator.bills(seen).map((bill) => `${bill.outcome} ${bill.prompt_tokens} ${bill.completion_tokens}`);
  assert.deepEqual(bills.slice(1), ["error 0 0", `error ${PROMPT_TOKENS} 2`]);
});

test("usage and the end marker can be missing", async () => {
  assert.equal(JSON.parse(await (await send({ model: "small+no-usage" })).text()).usage, undefined);
  const options = { stream: true, stream_options: { include_usage: true } };
  const { text } = await readAll(await send({ model: "small+no-usage+no-done", ...options }));
  assert.doesNotMatch(text, /prompt_tokens|\[DONE\]/);
});

test("slow delays the first token only", async () => {
  const started = performance.now();
  await (await send({ model: "small+slow=150", stream: true })).text();
  assert.ok(performance.now() - started >= 149);
});

test("a client that leaves a paced answer pays for what was made until then", async (context) => {
  const paced = await startSimulator({ ttftMs: 1, tokensPerSecond: 200 });
  context.after(() => paced.close());
  const controller = new AbortController();
  const response = await fetch(`${paced.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${paced.apiKey}` },
    body: JSON.stringify({ model: "exact", max_tokens: 10_000, stream: true, messages: MESSAGES }),
    signal: controller.signal,
  });
  let text = "";
  for await (const bytes of response.body ?? []) {
    text += Buffer.from(bytes).toString();
    if (dataLines(text).length > 5) break;
  }
  controller.abort();
  const deadline = Date.now() + 5_000;
  while (paced.bills().length === 0 && Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
  const [bill] = paced.bills();
  assert.equal(bill?.outcome, "client_closed");
  assert.ok((bill?.completion_tokens ?? 0) >= 5 && (bill?.completion_tokens ?? 0) < 10_000);
});
