import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a provider stand-in does with one request. */
export type Script = (response: ServerResponse, request: SeenRequest) => void | Promise<void>;

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Readonly<Record<string, unknown>>;
  /** Resolves when the client has closed the connection. */
  readonly closed: Promise<void>;
}

/** A real HTTP server that answers as the test says. */
export interface Upstream {
  readonly url: string;
  readonly seen: SeenRequest[];
  script: Script;
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return JSON.parse(Buffer.concat(pieces).toString("utf8")) as Record<string, unknown>;
}

export async function startUpstream(): Promise<Upstream> {
  const seen: SeenRequest[] = [];
  let script: Script = (response) => void response.writeHead(500).end();
  const server = createServer((request, response) => {
    const closed = once(response, "close").then(() => undefined);
    bodyOf(request)
      .then((body) => {
        const facts = { path: request.url ?? "", headers: request.headers, body, closed };
        seen.push(facts);
        return script(response, facts);
      })
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    get script() {
      return script;
    },
    set script(next) {
      script = next;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const envelope = (choices: unknown[], extra: object = {}): string =>
  `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_700_000_000, model: "m-1", choices, ...extra })}\n\n`;

/** Wire events of a streamed answer. */
export const wire = {
  role: () => envelope([{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }]),
  text: (content: string) => envelope([{ index: 0, delta: { content }, finish_reason: null }]),
  finish: (reason = "stop") => envelope([{ index: 0, delta: {}, finish_reason: reason }]),
  usage: (prompt = 7, completion = 3) =>
    envelope([], {
      usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
    }),
  done: () => "data: [DONE]\n\n",
  error: (code: string) =>
    `data: ${JSON.stringify({ error: { message: `It failed: ${code}`, type: "server_error", code } })}\n\n`,
};

/** A whole plain answer. */
export function plainAnswer(extra: object = {}): string {
  return JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1_700_000_000,
    model: "m-1",
    choices: [{ index: 0, message: { role: "assistant", content: "Hello there" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
    ...extra,
  });
}

/** Starts a streamed answer. */
export function openSse(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "x-request-id": "req_up" });
  response.flushHeaders();
}
