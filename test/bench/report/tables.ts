import type { Row } from "./summary.ts";

type Cells = readonly (string | number)[];

/** The tables of a run, as Markdown: rates and latencies, CPU per request by process, memory. */
export function tablesOf(rows: readonly Row[], idleMb: Readonly<Record<string, number>>): string {
  return [speedTable(rows), cpuTable(rows), memoryTable(rows, idleMb)].join("\n\n");
}

function speedTable(rows: readonly Row[]): string {
  const head = [
    ...["scenario", "target", "answers/s", "deltas/s", "p50 ms", "p99 ms", "first byte p50 ms"],
    ...["of direct", "of bare proxy", "of portkey", "errors"],
  ];
  const cells = rows.map((row) => [
    row.scenario,
    row.target,
    Math.round(row.requestsPerSecond),
    row.deltasPerSecond > 0 && row.scenario.startsWith("stream") ? Math.round(row.deltasPerSecond) : "",
    row.p50Ms.toFixed(2),
    row.p99Ms.toFixed(2),
    row.firstByteP50Ms.toFixed(2),
    percent(row.ratioToDirect),
    percent(row.ratioToBareProxy),
    percent(row.ratioToPortkey),
    row.errors,
  ]);
  return `Rates and latencies, medians of the rounds.\n\n${markdown(head, cells)}`;
}

function cpuTable(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap(({ cpuUsPerRequest }) => Object.keys(cpuUsPerRequest)))];
  const scenarios = [...new Set(rows.map(({ scenario }) => scenario))];
  const targets = [...new Set(rows.map(({ target }) => target))];
  const cells = targets.flatMap((target) =>
    names
      .filter((name) => rows.some((row) => row.target === target && row.cpuUsPerRequest[name] !== undefined))
      .map((name) => [
        target,
        name,
        ...scenarios.map((scenario) => {
          const row = rows.find((one) => one.target === target && one.scenario === scenario);
          return Math.round(row?.cpuUsPerRequest[name] ?? 0);
        }),
      ]),
  );
  return `CPU microseconds per answer, by process.\n\n${markdown(["target", "process", ...scenarios], cells)}`;
}

function memoryTable(rows: readonly Row[], idleMb: Readonly<Record<string, number>>): string {
  const most = new Map<string, number>();
  for (const { target, memoryMb } of rows)
    for (const [name, value] of Object.entries(memoryMb)) {
      const key = name === "simulator" || name === "generator" ? name : `${target}: ${name}`;
      most.set(key, Math.max(most.get(key) ?? 0, value));
    }
  const cells = [...most].map(([key, value]) => [
    key,
    idleMb[key] === undefined ? "" : Math.round(idleMb[key]),
    Math.round(value),
  ]);
  return `Resident memory in MB.\n\n${markdown(["process", "idle at start", "most under load"], cells)}`;
}

function markdown(head: readonly string[], rows: readonly Cells[]): string {
  const texts = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => (isNumber(cell) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  const [title = [], ...body] = texts;
  return [line(title), rule, ...body.map(line)].join("\n");
}

function isNumber(cell: string): boolean {
  return /^[\d.]+ ?%?$/.test(cell);
}

function percent(share: number | undefined): string {
  return share === undefined ? "" : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}
