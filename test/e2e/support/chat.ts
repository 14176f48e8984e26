/** What became of one chat request. */
export interface ChatOutcome {
  readonly ok: boolean;
  /** HTTP status, or 0 if the connection failed. */
  readonly status: number;
  readonly code: string;
}

export interface ChatCall {
  readonly url: string;
  readonly apiKey: string;
  readonly model: string;
  readonly maxTokens: number;
  readonly stream: boolean;
  readonly text?: string;
  /** Headers besides the key's. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends one chat request without retries and reads its answer to the end. A failed connection is an outcome, not a throw. */
export async function chat(call: ChatCall): Promise<ChatOutcome> {
  try {
    const response = await fetch(`${call.url}/v1/chat/completions`, {
      method: "POST",
      headers: { ...call.headers, authorization: `Bearer ${call.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({
        model: call.model,
        stream: call.stream,
        max_tokens: call.maxTokens,
        messages: [{ role: "user", content: call.text ?? "Hello" }],
      }),
    });
    const text = await response.text();
    if (response.status !== 200) return { ok: false, status: response.status, code: errorCode(text) };
    const complete = call.stream ? text.includes("data: [DONE]") : text.includes('"finish_reason":');
    return { ok: complete, status: 200, code: complete ? "" : "incomplete" };
  } catch (error) {
    if (error instanceof TypeError || (error instanceof Error && error.name === "AbortError")) {
      return { ok: false, status: 0, code: "connection" };
    }
    throw error;
  }
}

function errorCode(text: string): string {
  try {
    return (JSON.parse(text) as { error?: { code?: string } }).error?.code ?? "";
  } catch {
    // An answer cut by a dying process is not JSON; the status says enough.
    return "";
  }
}
