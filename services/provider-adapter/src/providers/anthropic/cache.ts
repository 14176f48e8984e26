import type { CacheControl } from "@sluice/proto/chat/v1/chat";
import type { Warnings } from "../openai/warnings.ts";

/** Most cache boundaries a request may have; more is an error there. */
const BOUNDARIES_MAX = 4;
/** The two lives there are; anything longer than the shorter one takes the longer one. */
const SHORT_SECONDS = 300;

/** Hands out a request's cache boundaries, in the order the provider reads them: tools, system, messages. */
export class CacheBoundaries {
  readonly #warnings: Warnings;
  #used = 0;

  constructor(warnings: Warnings) {
    this.#warnings = warnings;
  }

  /** Puts the boundary onto a block or tool, if one was asked for and one is left. */
  mark(block: Record<string, unknown>, wish: CacheControl | undefined): void {
    if (wish === undefined) return;
    if (this.#used >= BOUNDARIES_MAX) {
      this.#warnings.dropped(`A cache boundary after the first ${BOUNDARIES_MAX}`);
      return;
    }
    this.#used += 1;
    const ttl = wish.ttlSeconds === 0 ? {} : { ttl: wish.ttlSeconds <= SHORT_SECONDS ? "5m" : "1h" };
    // There is one kind, whatever others call theirs.
    block["cache_control"] = { type: "ephemeral", ...ttl };
  }
}
