import { readFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { isErrorCode, SluiceError } from "@sluice/platform/errors";
import { z } from "zod";

const CALL_TIMEOUT_MS = 60_000;
/** What reads or re-rates a part of the books, which takes long where they are large. */
const LONG_PATHS: ReadonlySet<string> = new Set(["/report", "/usage-report", "/rerate"]);
const LONG_CALL_TIMEOUT_MS = 330_000;
const ANSWER_BYTES_MAX = 256 * 1024 * 1024;

const addressFile = z.union([
  z.object({ socket: z.string().min(1), pid: z.number() }),
  z.object({ url: z.url({ protocol: /^http$/, hostname: /^127\.0\.0\.1$/ }), pid: z.number() }),
]);

const errorAnswer = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    param: z.string().nullish(),
    facts: z.record(z.string(), z.string()).optional(),
  }),
});

export type Query = Readonly<Record<string, string | undefined>>;

interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
}

/** Client of a running gateway's admin door. */
export class AdminDoor {
  readonly #directory: string;
  readonly #target: RequestOptions;
  readonly #token: string;

  private constructor(directory: string, target: RequestOptions, token: string) {
    this.#directory = directory;
    this.#target = target;
    this.#token = token;
  }

  /**
   * Finds the door of the gateway that runs on a data directory. Nothing is sent yet.
   * @throws unavailable if no gateway runs there, forbidden if it is another user's
   */
  static find(directory: string): AdminDoor {
    const text = readOwn(directory, "admin.json");
    const token = readOwn(directory, "admin.token").trim();
    const address = addressFile.safeParse(parseJson(text));
    if (!address.success) throw notRunning(directory);
    if ("socket" in address.data) return new AdminDoor(directory, { socketPath: address.data.socket }, token);
    const { hostname, port } = new URL(address.data.url);
    return new AdminDoor(directory, { host: hostname, port }, token);
  }

  async get<T>(path: string, schema: z.ZodType<T>, query: Query = {}): Promise<T> {
    return await this.#ask({ method: "GET", path, query }, schema);
  }

  async post<T>(path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> {
    return await this.#ask({ method: "POST", path, body }, schema);
  }

  async put<T>(path: string, schema: z.ZodType<T>, body: unknown): Promise<T> {
    return await this.#ask({ method: "PUT", path, body }, schema);
  }

  async delete<T>(path: string, schema: z.ZodType<T>, query: Query = {}): Promise<T> {
    return await this.#ask({ method: "DELETE", path, query }, schema);
  }

  /** Reads an answer of JSON lines as it comes; ends with it, or quietly when aborted. */
  async *lines(path: string, query: Query, signal: AbortSignal): AsyncGenerator<unknown, void> {
    try {
      const answer = await this.#send({ method: "GET", path, query }, signal);
      if (answer.statusCode !== 200) throw failure(await textOf(answer));
      yield* parsedLines(answer);
    } catch (error) {
      if (!signal.aborted) throw this.#explained(error);
    }
  }

  async #ask<T>(call: Call, schema: z.ZodType<T>): Promise<T> {
    try {
      const answer = await this.#send(call, AbortSignal.timeout(timeoutOf(call)));
      const text = await textOf(answer);
      if (answer.statusCode !== 200) throw failure(text);
      const checked = schema.safeParse(parseJson(text));
      if (checked.success) return checked.data;
      throw new SluiceError(
        "internal",
        `The gateway's answer about ${call.path} has another shape: is it this version?`,
        {
          cause: checked.error,
        },
      );
    } catch (error) {
      throw this.#explained(error, timeoutOf(call));
    }
  }

  async #send(call: Call, signal: AbortSignal): Promise<IncomingMessage> {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const given = Object.entries(call.query ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const query = new URLSearchParams(given).toString();
    const options: RequestOptions = {
      ...this.#target,
      method: call.method,
      path: `/admin/v1${call.path}${query === "" ? "" : `?${query}`}`,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      },
      agent: false,
      signal,
    };
    return await new Promise((resolve, reject) => {
      httpRequest(options, resolve).once("error", reject).end(body);
    });
  }

  #explained(error: unknown, timeoutMs = CALL_TIMEOUT_MS): unknown {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ECONNREFUSED" || code === "ENOENT") return notRunning(this.#directory);
    if (code === "ECONNRESET") return new SluiceError("unavailable", "The gateway ended while it was answering.");
    if (error instanceof Error && error.name === "TimeoutError") {
      return new SluiceError("timeout", `The gateway did not answer within ${timeoutMs / 1000} s.`);
    }
    return error;
  }
}

const timeoutOf = ({ path }: Call): number => (LONG_PATHS.has(path) ? LONG_CALL_TIMEOUT_MS : CALL_TIMEOUT_MS);

async function* parsedLines(answer: IncomingMessage): AsyncGenerator<unknown, void> {
  // The reader of lines ends quietly when its input breaks, so the break is kept and told afterwards.
  const breaks: Error[] = [];
  answer.on("error", (error) => breaks.push(error));
  try {
    for await (const line of createInterface({ input: answer, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line !== "") yield parseJson(line);
    }
  } finally {
    answer.destroy();
  }
  const [broken] = breaks;
  if (broken !== undefined) throw broken;
}

function readOwn(directory: string, name: string): string {
  try {
    return readFileSync(join(directory, name), "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") throw notRunning(directory);
    if (code === "EACCES") {
      throw new SluiceError(
        "forbidden",
        `${join(directory, name)} belongs to another user: run the command as that user.`,
      );
    }
    throw error;
  }
}

function notRunning(directory: string): SluiceError {
  return new SluiceError("unavailable", `no gateway is running on ${directory}: start it with \`npx sluice up\``);
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  answer.setEncoding("utf8");
  for await (const chunk of answer) {
    text += String(chunk);
    if (text.length > ANSWER_BYTES_MAX) throw new SluiceError("internal", "The gateway's answer does not end.");
  }
  return text;
}

function failure(text: string): SluiceError {
  const answer = errorAnswer.safeParse(parseJson(text));
  if (!answer.success) return new SluiceError("internal", "The gateway refused without saying why.");
  const { code, message, param, facts } = answer.data.error;
  return new SluiceError(isErrorCode(code) ? code : "internal", message, {
    details: { ...(typeof param === "string" && { param }), ...(facts !== undefined && { facts }) },
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller checks the shape and says what was expected.
    return undefined;
  }
}
