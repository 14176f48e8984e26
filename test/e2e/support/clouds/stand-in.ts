import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { awsFrame } from "../../../../services/provider-adapter/src/testing/aws-frame.ts";

export const WORDS = ["Clouds ", "are ", "water ", "that ", "flies."];
/** How often they come before a stream breaks off: often enough for an answer to be on its way to its caller. */
export const ROUNDS = 40;
/** Tokens that every answer of the stand-in says it took: of the prompt, and of itself. */
export const TOKENS = { prompt: 11, answer: 5 };

/** What has been asked of the stand-in. */
export interface Asked {
  readonly path: string;
  readonly authorization: string;
}

/** Providers of several clouds behind one address: their tokens, their wires, and models whose names say what goes wrong. */
export interface StandIn {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** Tokens handed out. */
  readonly tokens: () => number;
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("utf8");
}

function json(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

const frame = (type: string, payload: object): Buffer =>
  awsFrame({ ":message-type": "event", ":event-type": type }, JSON.stringify({ ...payload, p: "abcdef" }));

const USAGE = { inputTokens: TOKENS.prompt, outputTokens: TOKENS.answer, totalTokens: TOKENS.prompt + TOKENS.answer };

/** Nova Micro answers, Lite is too busy, Pro breaks off in the middle. */
function converse(response: ServerResponse, path: string, signed: boolean): void {
  if (!signed) {
    json(
      response,
      403,
      { message: "The request signature is missing." },
      { "x-amzn-errortype": "MissingAuthenticationTokenException" },
    );
  } else if (path.includes("nova-lite")) {
    json(
      response,
      429,
      { message: "Too many requests, please wait." },
      { "x-amzn-errortype": "ThrottlingException:http://internal.amazon.com/" },
    );
  } else if (path.endsWith("/converse-stream")) {
    response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream", "x-amzn-requestid": "aws-1" });
    response.write(frame("messageStart", { role: "assistant" }));
    const rounds = path.includes("nova-pro") ? ROUNDS : 1;
    for (const text of Array.from({ length: rounds }, () => WORDS).flat()) {
      response.write(frame("contentBlockDelta", { contentBlockIndex: 0, delta: { text } }));
    }
    if (path.includes("nova-pro")) {
      response.write(frame("contentBlockStop", { contentBlockIndex: 0 }).subarray(0, 30), () => response.destroy());
      return;
    }
    response.write(frame("contentBlockStop", { contentBlockIndex: 0 }));
    response.write(frame("messageStop", { stopReason: "end_turn" }));
    response.end(frame("metadata", { usage: USAGE, metrics: { latencyMs: 1 } }));
  } else {
    const message = { role: "assistant", content: [{ text: WORDS.join("") }] };
    json(response, 200, { output: { message }, stopReason: "end_turn", usage: USAGE, metrics: { latencyMs: 1 } });
  }
}

function generate(response: ServerResponse, path: string): void {
  const usageMetadata = {
    promptTokenCount: TOKENS.prompt,
    candidatesTokenCount: TOKENS.answer,
    totalTokenCount: TOKENS.prompt + TOKENS.answer,
  };
  const answer = (text: string, last: object) => ({
    candidates: [{ content: { role: "model", parts: [{ text }] }, index: 0, ...last }],
    modelVersion: "gemini-2.5-flash",
    responseId: "r1",
    usageMetadata,
  });
  if (!path.includes("alt=sse")) {
    json(response, 200, answer(WORDS.join(""), { finishReason: "STOP" }));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const word of WORDS) response.write(`data: ${JSON.stringify(answer(word, {}))}\n\n`);
  response.end(`data: ${JSON.stringify(answer("", { finishReason: "STOP" }))}\n\n`);
}

function cohere(response: ServerResponse, stream: boolean): void {
  const usage = {
    billed_units: { input_tokens: TOKENS.prompt, output_tokens: TOKENS.answer },
    tokens: { input_tokens: 500, output_tokens: 9 },
  };
  if (!stream) {
    const message = { role: "assistant", content: [{ type: "text", text: WORDS.join("") }] };
    json(response, 200, { id: "c1", message, finish_reason: "COMPLETE", usage });
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const event = (type: string, rest: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`);
  event("message-start", { id: "c1", delta: { message: { role: "assistant" } } });
  for (const text of WORDS) event("content-delta", { index: 0, delta: { message: { content: { text } } } });
  event("message-end", { delta: { finish_reason: "COMPLETE", usage } });
  response.end("data: [DONE]\n\n");
}

/** Starts the stand-in. */
export async function startStandIn(): Promise<StandIn> {
  const asked: Asked[] = [];
  let tokens = 0;
  const server = createServer(async (request, response) => {
    const path = request.url ?? "";
    const authorization = request.headers.authorization ?? "";
    const body = await bodyOf(request);
    if (path === "/token") {
      tokens += 1;
      return json(response, 200, {
        access_token: `short-lived-token-${tokens}`,
        expires_in: 3_600,
        token_type: "Bearer",
      });
    }
    asked.push({ path, authorization });
    if (path.startsWith("/model/")) converse(response, path, authorization.startsWith("AWS4-HMAC-SHA256 Credential="));
    else if (path.includes("/publishers/google/")) generate(response, path);
    else cohere(response, (JSON.parse(body) as { stream?: boolean }).stream === true);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    tokens: () => tokens,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
