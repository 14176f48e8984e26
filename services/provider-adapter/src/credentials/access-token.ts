import { SluiceError } from "@sluice/platform/errors";
import type { JsonAnswer } from "../http/get-json.ts";

/** A token that lives shortly. */
export interface AccessToken {
  readonly text: string;
  /** Epoch milliseconds. */
  readonly endsAtMs: number;
}

/** From this much of its life on a token is renewed while it still serves; the rest is time for several tries. */
const RENEW_FROM = 0.8;
/** A token is not used in its last moments: the request has to arrive before it ends. */
const MARGIN_MS = 30_000;
/** Pause after a renewal that failed while the old token still serves. */
const RETRY_MS = 5_000;
/** Least time between two tokens given up because they were refused: whoever may not do something is refused with any token. */
const DROP_PAUSE_MS = 30_000;

/** What a token is fetched with. */
export interface TokenSource {
  /** Epoch milliseconds. */
  now(): number;
  /** @throws upstream_* codes */
  fetch(): Promise<AccessToken>;
}

/**
 * Keeps a short-lived token: one exchange at a time whoever waits, renewed in the background well before it ends, fetched anew after it was
 * refused. `take` gives the token itself while there is one, and a promise only when somebody has to wait.
 */
export class TokenKeeper {
  readonly #source: TokenSource;
  #token: AccessToken | undefined;
  #renewAtMs = 0;
  #droppedAtMs = Number.NEGATIVE_INFINITY;
  #pending: Promise<string> | undefined;

  constructor(source: TokenSource) {
    this.#source = source;
  }

  /** The token's text as far as there is one, so that it can be struck out of what is shown. */
  get current(): string | undefined {
    return this.#token?.text;
  }

  /** @throws upstream_* codes when no token can be had */
  take(): string | Promise<string> {
    const now = this.#source.now();
    const token = this.#token;
    if (token === undefined || now >= token.endsAtMs - MARGIN_MS) return this.#fetch();
    if (now >= this.#renewAtMs && this.#pending === undefined) {
      this.#renewAtMs = now + RETRY_MS;
      // The old token still serves, so a renewal that fails is tried again a little later.
      this.#fetch().catch(() => undefined);
    }
    return token.text;
  }

  /** The token was not accepted. A new one is fetched at once, but not for each of many refusals. */
  drop(): void {
    const now = this.#source.now();
    if (now - this.#droppedAtMs < DROP_PAUSE_MS) return;
    this.#droppedAtMs = now;
    this.#token = undefined;
  }

  #fetch(): Promise<string> {
    this.#pending ??= this.#source
      .fetch()
      .then((token) => {
        const now = this.#source.now();
        this.#token = token;
        this.#renewAtMs = now + (token.endsAtMs - now) * RENEW_FROM;
        return token.text;
      })
      .finally(() => {
        this.#pending = undefined;
      });
    return this.#pending;
  }
}

const LIFE_MAX_S = 86_400;

/** Reads what a token service of OAuth 2 answered (RFC 6749, section 5). @throws upstream_unauthenticated when it refused, upstream_* when it failed */
export function readToken(answer: JsonAnswer, provider: string, nowMs: number): AccessToken {
  const body = Object(answer.body) as Readonly<Record<string, unknown>>;
  const { access_token: text, expires_in: life } = body;
  if (answer.status === 200 && typeof text === "string" && text !== "") {
    const seconds = Number(life);
    const believed = Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, LIFE_MAX_S) : 0;
    return { text, endsAtMs: nowMs + believed * 1_000 };
  }
  const said = typeof body["error_description"] === "string" ? body["error_description"] : body["error"];
  const why = typeof said === "string" ? `: ${said.slice(0, 256)}` : "";
  const message = `The token service of ${provider} answered with HTTP ${answer.status}${why}.`;
  const details = { provider, upstreamStatus: answer.status };
  if (answer.status === 429 || answer.status >= 500)
    throw new SluiceError("upstream_unavailable", message, { details });
  throw new SluiceError("upstream_unauthenticated", `${message} Check the credential stored for ${provider}.`, {
    details,
  });
}
