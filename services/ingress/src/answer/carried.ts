/**
 * Thinking and tool calls are signed by the provider that made them, and its signature is valid only there. Dialects that have a place for
 * a signature have none for its maker, so what a provider of another dialect signed goes out with the maker beside it, as one text that
 * clients bring back unread. What a provider of the same dialect signed goes out and comes back as it is.
 */

const PREFIX = "sluice/1/";
/** `PREFIX` in base64, for it fills whole groups of three. */
const MARK = Buffer.from(PREFIX).toString("base64");

/** A signature with what has to be known to send it back. */
export interface Carried {
  /** Whether it stands for a block of thinking or belongs to a tool call. */
  readonly of: "thinking" | "call";
  readonly provider: string;
  /** The provider's id of the block, or the id of the call; empty if none. */
  readonly id: string;
  readonly signature: string;
  readonly redacted: boolean;
}

/** One text in base64, which every dialect's field takes, also those that decode it. */
export function printCarried({ of, provider, id, signature, redacted }: Carried): string {
  const head = [of === "call" ? "c" : redacted ? "r" : "t", provider, id].map(encodeURIComponent).join("/");
  return Buffer.from(`${PREFIX}${head}/${signature}`).toString("base64");
}

/** Reads a text that `printCarried` made; undefined for any other. Clients may have written it in base64's other alphabet. */
export function readCarried(text: string): Carried | undefined {
  if (!text.startsWith(MARK)) return undefined;
  const [kind, provider, id, ...rest] = Buffer.from(text, "base64").toString("utf8").slice(PREFIX.length).split("/");
  if (provider === undefined || id === undefined || rest.length === 0) return undefined;
  return {
    of: kind === "c" ? "call" : "thinking",
    provider: decoded(provider),
    id: decoded(id),
    signature: rest.join("/"),
    redacted: kind !== "t",
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Somebody else's text that happens to begin alike.
    return text;
  }
}
