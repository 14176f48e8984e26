import type { ChatRequest } from "@sluice/proto/chat/v1/chat";

/** Tools whose calls come back to the caller; all others are run by the provider, who reads and bills what they find. */
const CALLERS_TOOLS: ReadonlySet<string> = new Set(["", "function", "custom"]);
/** Tools the caller runs that a provider has names and descriptions for. */
const KNOWN_TOOLS = /^(?:bash|text_editor|computer|memory)_\d{8}$/;

/** Fields that make a provider read, or search for, what is not in the request. */
const REMOTE_FIELDS: ReadonlyMap<string, string> = new Map([
  ["web_search_options", "web search"],
  ["search_parameters", "web search"],
  ["enable_search", "web search"],
  ["plugins", "plugin"],
  ["mcp_servers", "remote tool"],
  ["container", "container"],
  ["conversation", "stored conversation"],
  ["previous_response_id", "stored conversation"],
  ["prompt", "stored prompt"],
  ["cached_content", "stored content"],
  ["cachedContent", "stored content"],
]);

/** What a request has the provider fetch or run, in words: nobody can say beforehand how much there is to read. */
export function remoteParts(chat: ChatRequest): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { type } of chat.tools) {
    if (!CALLERS_TOOLS.has(type) && !KNOWN_TOOLS.test(type)) found.add(`tool ${type.slice(0, 64)}`);
  }
  if (chat.extraJson === "") return found;
  for (const [field, value] of Object.entries(fieldsOf(chat.extraJson))) {
    const what = REMOTE_FIELDS.get(field);
    if (what !== undefined && value !== null && value !== false && value !== "") found.add(what);
  }
  return found;
}

function fieldsOf(json: string): object {
  try {
    const parsed: unknown = JSON.parse(json);
    return typeof parsed === "object" && parsed !== null ? parsed : {};
  } catch {
    // Whoever maps the request for the provider refuses it, and says why.
    return {};
  }
}
