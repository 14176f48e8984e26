import { type Cell, csvLine, Decimal } from "./csv-text.ts";
import { accountOf, type ExportFormat, type PostingLine } from "./posting-line.ts";

const NANO_DIGITS = 9;

type Column = readonly [name: string, cell: (posting: PostingLine) => Cell];

const account = (kind: string): Column => [kind, (posting) => accountOf(posting, kind)?.id ?? ""];
const named = (kind: string): Column => [`${kind}_name`, (posting) => accountOf(posting, kind)?.name ?? ""];
const classOf = (name: string): Column => [name, ({ usage }) => unitsOf(usage?.[name])];

const COLUMNS: readonly Column[] = [
  ["sequence", ({ sequence }) => sequence],
  ["started_at", ({ started_at_ms }) => new Date(started_at_ms).toISOString()],
  ["posted_at", ({ posted_at_ms }) => new Date(posted_at_ms).toISOString()],
  ["kind", ({ kind }) => kind],
  ["request_id", ({ request_id }) => request_id],
  ["attempt_id", ({ attempt_id }) => attempt_id],
  ["org", ({ tenant_id }) => tenant_id],
  named("org"),
  account("team"),
  named("team"),
  account("user"),
  named("user"),
  account("key"),
  named("key"),
  account("session"),
  ["provider", ({ provider }) => provider],
  ["model", ({ model }) => model],
  ["price_version", ({ price_version }) => price_version],
  ["amount_usd", ({ amount_nanousd }) => new Decimal(amount_nanousd, NANO_DIGITS)],
  ["amount_nanousd", ({ amount_nanousd }) => amount_nanousd],
  ["total_input_tokens", ({ input_tokens }) => input_tokens],
  ["total_output_tokens", ({ output_tokens }) => output_tokens],
  classOf("cached_input_tokens"),
  classOf("cache_write_5m_tokens"),
  classOf("cache_write_1h_tokens"),
  classOf("reasoning_tokens"),
  ["overrun", ({ overrun }) => overrun],
  ["task", ({ task }) => task],
  ["tags", ({ tags }) => (Object.keys(tags).length === 0 ? "" : JSON.stringify(tags))],
];

/** One line per posting, with a line of names first. */
export const csv: ExportFormat = {
  head: csvLine(COLUMNS.map(([name]) => name)),
  lines: (posting) => csvLine(COLUMNS.map(([, cell]) => cell(posting))),
};

function unitsOf(value: unknown): Cell {
  return typeof value === "string" && /^\d+$/.test(value) ? BigInt(value) : "";
}
