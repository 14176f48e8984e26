import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type Simulator, startSimulator } from "../simulator.ts";

/** Every fault means the same on every wire; OpenAI's has tests of its own beside it. */

let simulator: Simulator;
before(async () => {
  simulator = await startSimulator({ pace: 0 });
});
after(() => simulator.close());

let seen = 0;
beforeEach(() => {
  seen = simulator.bills().at(-1)?.sequence ?? 0;
});

const TEXT = "Tell me about gardening";
const PROMPT_TOKENS = 4 + TEXT.length;

interface Asked {
  readonly model: string;
  readonly stream?: boolean;
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

interface Tested {
  send(asked: Asked): Promise<Response>;
  /** The data of each event that was read. */
  data(text: string): string[];
  /** Text in a plain answer's body. */
  textOf(body: string): string;
  /** Events before the first token. */
  readonly before: number;
  readonly overloaded: number;
  readonly wrongModel: number;
  /** Found in an answer's error, plain or as an event. */
  readonly inBand: RegExp;
  readonly end: RegExp;
  readonly usage: RegExp;
}

const post = (path: string, body: object, { signal }: Asked): Promise<Response> => {
  const headers = {
    "x-api-key": simulator.apiKey,
    "x-goog-api-key": simulator.apiKey,
    "anthropic-version": "2023-06-01",
    "x-client-request-id": "mine",
  };
  return fetch(simulator.url + path, { method: "POST", headers, body: JSON.stringify(body), signal: signal ?? null });
};

const events = (text: string): string[] =>
  text.split(/\r?\n\r?\n/).flatMap((event) => /(?:^|\n)data: (.*)/.exec(event)?.[1] ?? []);

function gemini(query: string, data: (text: string) => string[]): Tested {
  return {
    send: (asked) => {
      const { model, stream, limit } = asked;
      const body = {
        contents: [{ role: "user", parts: [{ text: TEXT }] }],
        ...(limit === undefined ? {} : { generationConfig: { maxOutputTokens: limit } }),
      };
      const verb = stream === true ? `streamGenerateContent${query}` : "generateContent";
      return post(`/v1beta/models/${encodeURIComponent(model)}:${verb}`, body, asked);
    },
    data,
    textOf: (body) =>
      (JSON.parse(body).candidates?.[0].content.parts ?? []).map((part: { text?: string }) => part.text ?? "").join(""),
    before: 0,
    overloaded: 503,
    wrongModel: 404,
    inBand: /"status":"INTERNAL"/,
    end: /\]\n$/,
    usage: /usageMetadata/,
  };
}

const WIRES: Readonly<Record<string, Tested>> = {
  anthropic: {
    send: (asked) => {
      const messages = [{ role: "user", content: TEXT }];
      const { model, stream, limit: max_tokens = 4_000 } = asked;
      return post("/v1/messages", { model, stream, max_tokens, messages }, asked);
    },
    // A ping rides with the chunk before it.
    data: (text) => events(text).filter((data) => !data.includes('"ping"')),
    textOf: (body) =>
      JSON.parse(body)
        .content.map((block: { text?: string }) => block.text ?? "")
        .join(""),
    before: 2,
    overloaded: 529,
    wrongModel: 404,
    inBand: /"overloaded_error"/,
    end: /message_stop/,
    usage: /output_tokens/,
  },
  gemini: gemini("?alt=sse", events),
  "gemini, as an array": gemini("", (text) =>
    text
      .replace(/^\[/, "")
      .replace(/\n\]\n$/, "")
      .split("\n,\r\n")
      .filter((data) => data !== ""),
  ),
};

/** The one bill since the test began, without what differs every time. */
function onlyBill(): string {
  const bills = simulator.bills(seen);
  assert.equal(bills.length, 1, JSON.stringify(bills));
  assert.equal(bills[0]?.client_request_id, "mine");
  seen = bills[0]?.sequence ?? 0;
  return `${bills[0]?.outcome} ${bills[0]?.prompt_tokens} ${bills[0]?.completion_tokens}`;
}

async function laterBill(): Promise<string> {
  const deadline = Date.now() + 5_000;
  while (simulator.bills(seen).length === 0 && Date.now() < deadline)
    await new Promise((resolve) => setImmediate(resolve));
  return onlyBill();
}

async function readAll(response: Response): Promise<{ text: string; broken: boolean }> {
  let text = "";
  try {
    for await (const bytes of response.body ?? []) text += Buffer.from(bytes).toString();
    return { text, broken: false };
  } catch {
    return { text, broken: true };
  }
}

type Check = (wire: Tested) => Promise<void>;

/** Faults with a status, the status on this wire, and the bill's outcome. */
const statuses = (wire: Tested): readonly [string, number, string][] => [
  ["small+429=7", 429, "refused 0 0"],
  ["small+503", wire.overloaded, "error 0 0"],
  ["small+401", 401, "refused 0 0"],
  ["small+400", 400, "refused 0 0"],
  ["small+html", 502, "error 0 0"],
  ["small+nope", wire.wrongModel, "refused 0 0"],
];

const CHECKS: Readonly<Record<string, Check>> = {
  "statuses, plain and streamed, bill nothing": async (wire) => {
    for (const stream of [false, true]) {
      for (const [model, status, bill] of statuses(wire)) {
        const response = await wire.send({ model, stream });
        assert.equal(response.status, status, model);
        const text = await response.text();
        if (model !== "small+html") JSON.parse(text);
        assert.equal(onlyBill(), bill, model);
        if (status === 429) assert.match(`${response.headers.get("retry-after")}s ${text}`, /^7s|"retryDelay":"7s"/);
      }
    }
  },
  "drop resets the connection before any header": async (wire) => {
    await assert.rejects(wire.send({ model: "small+drop" }));
    assert.equal(await laterBill(), "error 0 0");
  },
  "cut ends the connection after n events and bills the tokens that were in them": async (wire) => {
    for (const extra of [0, 1, 4]) {
      const events = wire.before + extra;
      const { text, broken } = await readAll(await wire.send({ model: `small+cut=${events}`, stream: true }));
      assert.deepEqual([wire.data(text).filter((one) => !one.startsWith(":")).length, broken], [events, true]);
      assert.equal(onlyBill(), `cut ${PROMPT_TOKENS} ${extra}`);
    }
    const plain = await readAll(await wire.send({ model: "small+cut=5" }));
    assert.equal(plain.broken, true);
    assert.equal(onlyBill(), `cut ${PROMPT_TOKENS} 5`);
  },
  "stall says nothing more until the client leaves, who may pay for all of it": async (wire) => {
    for (const [fault, tokens] of [
      ["", 2],
      ["+bill-full", 50],
    ] as const) {
      const count = wire.before + 2;
      const controller = new AbortController();
      const model = `exact+stall=${count}${fault}`;
      const response = await wire.send({ model, stream: true, limit: 50, signal: controller.signal });
      let text = "";
      for await (const bytes of response.body ?? []) {
        text += Buffer.from(bytes).toString();
        if (wire.data(text).length === count) break;
      }
      controller.abort();
      assert.equal(await laterBill(), `client_closed ${PROMPT_TOKENS} ${tokens}`);
    }
  },
  "malformed breaks one event and goes on": async (wire) => {
    const { text } = await readAll(await wire.send({ model: `small+malformed=${wire.before + 1}`, stream: true }));
    const data = wire.data(text);
    assert.throws(() => JSON.parse(data[wire.before] ?? ""));
    JSON.parse(data[wire.before + 1] ?? "");
    const plain = await (await wire.send({ model: "small+malformed" })).text();
    assert.throws(() => JSON.parse(plain));
  },
  "an in-band error comes with status 200, first or in the middle": async (wire) => {
    const plain = await wire.send({ model: "small+inband-error" });
    assert.equal(plain.status, 200);
    assert.match(await plain.text(), wire.inBand);
    assert.equal(onlyBill(), "error 0 0");
    for (const [events, tokens] of [
      [0, 0],
      [wire.before, 0],
      [wire.before + 3, 3],
    ] as const) {
      const model = `small+inband-error=${events}`;
      const { text, broken } = await readAll(await wire.send({ model, stream: true }));
      const data = wire.data(text);
      assert.deepEqual([data.length, broken], [events + 1, false]);
      assert.match(data.at(-1) ?? "", wire.inBand);
      assert.equal(onlyBill(), tokens === 0 ? "error 0 0" : `error ${PROMPT_TOKENS} ${tokens}`);
    }
  },
  "usage and the end marker can be missing": async (wire) => {
    assert.doesNotMatch(await (await wire.send({ model: "small+no-usage" })).text(), wire.usage);
    const { text } = await readAll(await wire.send({ model: "small+no-usage+no-done", stream: true }));
    assert.doesNotMatch(text, wire.usage);
    assert.doesNotMatch(text, wire.end);
    assert.match(await (await wire.send({ model: "small", stream: true })).text(), wire.usage);
  },
  "contents: none, white space, broken JSON, a length, a loop, a stop": async (wire) => {
    const text = async (model: string, limit?: number): Promise<string> =>
      wire.textOf(await (await wire.send({ model, ...(limit === undefined ? {} : { limit }) })).text());
    assert.equal(await text("small+empty"), "");
    assert.match(await text("small+whitespace"), /^\s+$/);
    assert.equal(await text("small+refusal"), "");
    assert.match(await text("small+refusal=2"), /can't assist/);
    const broken = await text("small+bad-json");
    assert.throws(() => JSON.parse(broken));
    assert.match(broken, /^\{/);
    assert.match(await text("small+loop"), /(The answer about gardening is the answer\. ){5}/);
    seen = simulator.bills().at(-1)?.sequence ?? 0;
    await text("small+length=33");
    assert.equal(onlyBill(), `completed ${PROMPT_TOKENS} 33`);
    await text("exact", 21);
    assert.equal(onlyBill(), `completed ${PROMPT_TOKENS} 21`);
    const stopped = await (await wire.send({ model: "exact+stop", limit: 5 })).text();
    assert.match(stopped, /"end_turn"|"STOP"/);
  },
  "slow delays the first token": async (wire) => {
    const started = performance.now();
    await (await wire.send({ model: "small+slow=120", stream: true })).text();
    assert.ok(performance.now() - started >= 119);
  },
};

for (const [name, wire] of Object.entries(WIRES)) {
  for (const [what, check] of Object.entries(CHECKS)) test(`${name}: ${what}`, () => check(wire));
}
