import { BEFORE, type Fault, WIRES, WITHIN } from "./faults.ts";

/** What one fault came to on one wire. */
export interface Row {
  readonly fault: Fault;
  readonly wire: string;
  readonly stream: boolean;
  /** Number of the attempt that served; 0 if the caller got an error. */
  readonly served: number;
  /** How the failed attempts were understood. */
  readonly seenAs: string;
  /** Code of the error the caller got; empty if none. */
  readonly code: string;
}

/** Faults before the first content: who answered. */
export function beforeTable(rows: readonly Row[]): string {
  const lines = BEFORE.map((fault) => {
    const own = rows.filter((row) => row.fault === fault);
    const served = (stream: boolean) => perWire(WIRES.map(({ wire }) => servedBy(own, wire, stream)));
    return [`\`${fault.name}\``, fault.means, seenAs(own), served(false), served(true)];
  });
  return table(["the provider", "", "is seen as", "plain is answered by", "streamed by"], lines);
}

/** Faults after content has left: what the caller is told. */
export function withinTable(rows: readonly Row[]): string {
  const lines = WITHIN.map((fault) => {
    const own = rows.filter((row) => row.fault === fault);
    const plain = perWire(WIRES.map(({ wire }) => servedBy(own, wire, false)));
    const codes = WIRES.map(({ wire }) => own.find((row) => row.wire === wire && row.stream)?.code ?? "?");
    return [`\`${fault.name}\``, fault.means, plain, perWire(codes)];
  });
  return table(["the provider", "", "plain is answered by", "streamed ends with the error"], lines);
}

function servedBy(rows: readonly Row[], wire: string, stream: boolean): string {
  const row = rows.find((one) => one.wire === wire && one.stream === stream);
  return row === undefined || row.served === 0 ? "nobody" : `the ${["", "1st", "2nd", "3rd", "4th"][row.served]}`;
}

/** One text if all wires agree, else each with its wire. */
function seenAs(rows: readonly Row[]): string {
  return perWire(
    WIRES.map(({ wire }) => {
      const [plain, streamed] = [false, true].map((stream) =>
        code(rows.find((row) => row.wire === wire && row.stream === stream)?.seenAs ?? ""),
      );
      return plain === streamed ? (plain ?? "") : `${plain}, streamed ${streamed}`;
    }),
  );
}

function perWire(texts: readonly string[]): string {
  const marked = texts.map((text) => code(text));
  if (new Set(marked).size === 1) return marked[0] ?? "";
  return WIRES.map(({ wire }, index) => `${wire}: ${marked[index]}`).join("; ");
}

/** Codes in code style; text that has it already stays. */
function code(text: string): string {
  return text.includes("`") ? text : text.replace(/^upstream_[a-z_]+/, "`$&`");
}

function table(titles: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [row(titles), row(titles.map(() => "---")), ...lines.map(row)].join("\n");
}
