import { isObject, textOf, wireError } from "./wire.ts";

/** What an error body says, whichever of the known shapes it has. */
export interface Said {
  readonly message: string;
  readonly type: string;
  readonly code: string;
  readonly param: string;
  /** HTTP status the body names, e.g. behind a gateway or inside a stream; 0 if none. */
  readonly status: number;
}

export const NOTHING_SAID: Said = { message: "", type: "", code: "", param: "", status: 0 };

/** Most complaints of a list that are told. */
const COMPLAINTS_MAX = 8;

/** One complaint of a body check as FastAPI writes it: where and what, never the refused input itself. */
function complaint(value: unknown): string {
  if (!isObject(value)) return typeof value === "string" ? value : JSON.stringify(value);
  const place = Array.isArray(value["loc"]) ? value["loc"].join(".") : "";
  const what = textOf(value["msg"]) || textOf(value["message"]);
  if (what === "") return JSON.stringify(value);
  return place === "" ? what : `${place}: ${what}`;
}

function messageText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.slice(0, COMPLAINTS_MAX).map(complaint).join("; ");
  if (isObject(value) && value["detail"] !== undefined) return messageText(value["detail"]);
  return JSON.stringify(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A gateway's HTML page or a cut body is an answer too: the status has to do.
    return undefined;
  }
}

function statusOf(...candidates: unknown[]): number {
  for (const candidate of candidates) {
    const status = Number(candidate);
    if (Number.isInteger(status) && status >= 400 && status < 600) return status;
  }
  return 0;
}

/** What the provider behind a reseller said: the reseller's sentence for it is always the same. */
function fromBehind(metadata: unknown): Said | undefined {
  const raw = isObject(metadata) ? metadata["raw"] : undefined;
  if (typeof raw !== "string" || raw === "") return undefined;
  const body = parse(raw);
  const said = body === undefined ? NOTHING_SAID : readErrorObject(body);
  return said.message === "" ? { ...NOTHING_SAID, message: raw } : said;
}

/** Reads `{error:{…}}`, `{error:"…"}`, `{message,…}`, `{detail}`, `{error:{metadata:{raw}}}` and lists of these. */
export function readErrorObject(body: unknown): Said {
  const first = Array.isArray(body) ? body[0] : body;
  if (!isObject(first)) return NOTHING_SAID;
  const inner = first["error"] ?? first;
  if (typeof inner === "string") {
    return { ...NOTHING_SAID, message: inner, code: textOf(first["code"]), type: textOf(first["type"]) };
  }
  const parsed = wireError.safeParse(inner);
  if (!parsed.success) return NOTHING_SAID;
  const { message, type, code, param, detail } = parsed.data;
  const outer: Said = {
    message: messageText(message) || messageText(detail),
    type: type ?? "",
    code: code === null || code === undefined ? "" : String(code),
    param: param ?? "",
    status: statusOf(code, parsed.data["status_code"], parsed.data["status"]),
  };
  const behind = fromBehind(parsed.data["metadata"]);
  if (behind === undefined) return outer;
  const numeric = statusOf(outer.code) !== 0;
  return {
    message: behind.message,
    type: behind.type || outer.type,
    code: numeric ? behind.code || outer.code : outer.code,
    param: behind.param || outer.param,
    status: outer.status,
  };
}

/** What the text of an error body says. */
export function readErrorBody(text: string): Said {
  return readErrorObject(parse(text));
}
