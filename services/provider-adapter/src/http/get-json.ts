import { SluiceError } from "@sluice/platform/errors";
import { request } from "undici";

export interface GetJsonOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly bytesMax: number;
}

export interface PostFormOptions extends GetJsonOptions {
  readonly form: Readonly<Record<string, string>>;
}

export interface JsonAnswer {
  readonly status: number;
  /** The parsed body; undefined if it is not JSON. */
  readonly body: unknown;
}

/** Fetches a small JSON document of a provider. @throws upstream_unavailable, upstream_timeout or upstream_bad_response */
export async function getJson(options: GetJsonOptions): Promise<JsonAnswer> {
  return await askForJson(options, { method: "GET" });
}

/** Posts a form, e.g. to a token service, and reads its small JSON answer. @throws upstream_unavailable, upstream_timeout or upstream_bad_response */
export async function postForm(options: PostFormOptions): Promise<JsonAnswer> {
  const headers = { ...options.headers, "content-type": "application/x-www-form-urlencoded" };
  return await askForJson(
    { ...options, headers },
    { method: "POST", body: new URLSearchParams(options.form).toString() },
  );
}

type Asking = { readonly method: "GET" } | { readonly method: "POST"; readonly body: string };

async function askForJson(options: GetJsonOptions, asking: Asking): Promise<JsonAnswer> {
  try {
    const { statusCode, body } = await request(options.url, {
      ...asking,
      headers: { ...options.headers, accept: "application/json" },
      signal: AbortSignal.timeout(options.timeoutMs),
    });
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of body as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > options.bytesMax)
        throw new SluiceError("upstream_bad_response", `An answer has over ${options.bytesMax} bytes.`);
      pieces.push(piece);
    }
    return { status: statusCode, body: parse(Buffer.concat(pieces).toString("utf8")) };
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    const late = error instanceof Error && error.name === "TimeoutError";
    const code = late ? "upstream_timeout" : "upstream_unavailable";
    throw new SluiceError(
      code,
      `The provider could not be asked (${error instanceof Error ? error.message : error}).`,
      { cause: error },
    );
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller sees that there is no body it can read.
    return undefined;
  }
}
