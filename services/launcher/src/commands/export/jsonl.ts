import type { ExportFormat } from "./posting-line.ts";

/** One JSON object per posting, as the admin door has it; 64-bit integers are decimal strings. */
export const jsonl: ExportFormat = { head: "", lines: (_, raw) => `${JSON.stringify(raw)}\n` };
