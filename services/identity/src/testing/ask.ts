import { readFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";

/** An answer of the door, its JSON parsed. */
export interface DoorAnswer {
  readonly status: number;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export interface Question {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  /** Sent as it is instead of `body`. */
  readonly rawBody?: string;
  /** Default: the token in the directory; empty sends none. */
  readonly token?: string;
  readonly contentType?: string;
}

/** Asks the door of a data directory, as a client that knows HTTP and nothing else. */
export async function ask(directory: string, question: Question): Promise<DoorAnswer> {
  const address = JSON.parse(await readFile(join(directory, "admin.json"), "utf8")) as Record<string, string>;
  const token = question.token ?? (await readFile(join(directory, "admin.token"), "utf8")).trim();
  const body = question.rawBody ?? (question.body === undefined ? undefined : JSON.stringify(question.body));
  const headers = {
    ...(token !== "" && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { "content-type": question.contentType ?? "application/json" }),
  };
  const options = {
    method: question.method ?? "GET",
    path: `/admin/v1${question.path}`,
    headers,
    agent: false as const,
  };
  const target =
    address["socket"] === undefined ? { ...splitUrl(address["url"] ?? "") } : { socketPath: address["socket"] };
  return await new Promise((resolve, reject) => {
    const sent = httpRequest({ ...options, ...target }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => {
        text += chunk;
      });
      answer.on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text, json: parsed(text) }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function splitUrl(url: string): { host: string; port: string } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { lines: text.split("\n").filter((line) => line !== "") };
  }
}
