import type { Command } from "commander";
import { AdminDoor } from "../admin/door.ts";
import type { CommandEnvironment } from "./environment.ts";
import { Progress } from "./export/progress.ts";
import { UsageError } from "./failure.ts";
import { readBooked } from "./reconciliation/booked.ts";
import { compare, type Pair } from "./reconciliation/compare.ts";
import { chosenDays } from "./reconciliation/days.ts";
import { LAYOUTS } from "./reconciliation/layouts/index.ts";
import { ModelNames } from "./reconciliation/model-names.ts";
import { type Entry, entryOf, postEntries } from "./reconciliation/post-entries.ts";
import { priceDifferences } from "./reconciliation/price-differences.ts";
import { digestOf, readRecords, sizeOf } from "./reconciliation/read-file.ts";
import { type Days, Tally } from "./reconciliation/tally.ts";
import { type Outcome, type Row, tell } from "./reconciliation/tell.ts";
import { agrees, parseTolerance } from "./reconciliation/tolerance.ts";

interface ReconcileFlags {
  readonly provider: string;
  readonly layout?: string;
  readonly from?: string;
  readonly to?: string;
  readonly org?: string;
  readonly tolerance: string;
  readonly model: readonly string[];
  readonly bookedOnly?: boolean;
  readonly post?: boolean;
}

/** A provider that is named by the file's own rows. */
const NAMED_BY_ROWS = "generic";

/** Adds `reconcile`: a provider's own usage export or bill against the ledger. */
export function register(program: Command, environment: CommandEnvironment): void {
  const collect = (pair: string, before: readonly string[]): readonly string[] => [...before, pair];
  program
    .command("reconcile")
    .description("compare a provider's usage export or invoice with the ledger, by day, model and token class")
    .argument("<file>", "CSV, JSON or JSON lines, as the provider wrote it")
    .requiredOption("--provider <name>", "provider in the ledger; generic: each row names its own")
    .option("--layout <name>", `one of ${[...LAYOUTS.keys()].join(", ")} (default: the provider's, else generic)`)
    .option("--from <day>", "first day, like 2026-11-01, in UTC (default: the file's first)")
    .option("--to <day>", "first day that is left out (default: after the file's last)")
    .option("--tolerance <amount>", "US dollars (0.01) or percent (0.5%) by which a row may differ", "0")
    .option(
      "--model <names>",
      "provider's name=ledger's name, where they cannot be matched; may be repeated",
      collect,
      [],
    )
    .option("--booked-only", "leave out what the ledger knows no attempt of")
    .option("--org <org>", "organisation whose prices count and whom entries are charged to (default: the only one)")
    .option("--post", "post compensating entries for what differs")
    .action(async (file: string, flags: ReconcileFlags) => await reconcile(environment, file, flags));
}

async function reconcile(environment: CommandEnvironment, file: string, flags: ReconcileFlags): Promise<void> {
  const tolerance = parseTolerance(flags.tolerance);
  const told = pairsOf(flags.model);
  const wanted = chosenDays(flags);
  const door = AdminDoor.find(environment.dataDirectory());
  const [digest, tally] = await Promise.all([digestOf(file), readTally(environment, file, flags)]);
  const billed = tally.all();
  const period = periodOf(tally, wanted);
  const providers = new Set([...billed.map(({ provider }) => provider), ...ownProvider(flags)]);
  const booked = await readBooked(door, providers, period);
  const names = new ModelNames(
    booked.map(({ model }) => model),
    told,
  );
  const all = compare({ billed, booked, classes: tally.classes, names });
  const pairs = flags.bookedOnly === true ? all.filter(({ attempts }) => attempts > 0n) : all;
  const differences = await priceDifferences(door, pairs, flags.org);
  const rows = pairs.map((pair, index): Row => {
    const difference = differences[index];
    return { pair, difference, agrees: agrees(pair, difference, tolerance), posted: false };
  });
  const posted = flags.post === true ? await post(environment, { door, digest, rows, org: flags.org }) : undefined;
  tell(environment, outcomeOf({ file, digest, flags, period, tally, rows, posted }));
}

/** The file's sums. @throws invalid_request where the file is not what it should be */
async function readTally(environment: CommandEnvironment, file: string, flags: ReconcileFlags): Promise<Tally> {
  const layout = layoutOf(flags);
  const tally = new Tally(flags.provider === NAMED_BY_ROWS ? "" : flags.provider, chosenDays(flags));
  const progress = new Progress(environment, { what: "bytes", total: await sizeOf(file) });
  try {
    for await (const record of readRecords(file, { onBytes: (done) => progress.tell(done) }))
      tally.add(layout.read(record));
  } finally {
    progress.end();
  }
  return tally;
}

function layoutOf({ layout, provider }: ReconcileFlags) {
  const found = LAYOUTS.get(layout ?? provider) ?? (layout === undefined ? LAYOUTS.get(NAMED_BY_ROWS) : undefined);
  if (found !== undefined) return found;
  throw new UsageError(`"${layout}" is no layout: choose one of ${[...LAYOUTS.keys()].join(", ")}.`);
}

const ownProvider = ({ provider }: ReconcileFlags): readonly string[] => (provider === NAMED_BY_ROWS ? [] : [provider]);

/** @throws UsageError for a file that speaks of no day at all */
function periodOf(tally: Tally, wanted: Partial<Days>): Days {
  const days = [...tally.days].sort();
  const [first, last] = [wanted.first ?? days[0], wanted.last ?? days.at(-1)];
  if (first !== undefined && last !== undefined) return { first, last };
  throw new UsageError("the file has no row of that provider in that period, so there is nothing to compare.");
}

/** @throws UsageError for a pair without two names */
function pairsOf(pairs: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    pairs.map((pair): [string, string] => {
      const [billed = "", booked = "", ...more] = pair.split("=").map((name) => name.trim());
      if (billed !== "" && booked !== "" && more.length === 0) return [billed, booked];
      throw new UsageError(`"${pair}" names no two models: write the provider's name=the ledger's name.`);
    }),
  );
}

interface Posting {
  readonly door: AdminDoor;
  readonly digest: string;
  readonly rows: readonly Row[];
  readonly org: string | undefined;
}

async function post(environment: CommandEnvironment, { door, digest, rows, org }: Posting): Promise<readonly Entry[]> {
  const entries = rows.flatMap(({ pair, difference, agrees: fine }) =>
    fine || difference === undefined || isNothing(pair, difference) ? [] : [entryOf(pair, difference, digest)],
  );
  if (entries.length === 0) return [];
  const progress = new Progress(environment, { what: "entries", total: entries.length });
  const posted = await postEntries(entries, { door, org, digest, onPosted: (done) => progress.tell(done) });
  progress.end();
  return entries.filter(({ id }) => posted.has(id));
}

const isNothing = ({ classes }: Pair, difference: bigint): boolean =>
  difference === 0n && classes.every(({ billed, booked }) => billed === booked);

interface Told {
  readonly file: string;
  readonly digest: string;
  readonly flags: ReconcileFlags;
  readonly period: Days;
  readonly tally: Tally;
  readonly rows: readonly Row[];
  readonly posted: readonly Entry[] | undefined;
}

function outcomeOf({ file, digest, flags, period, tally, rows, posted }: Told): Outcome {
  const ids = new Map((posted ?? []).map(({ pair, id }) => [pair, id]));
  return {
    provider: flags.provider,
    file,
    digest,
    period,
    records: tally.rows,
    foreign: tally.foreign,
    rows: rows.map((row) => ({ ...row, posted: ids.has(row.pair) })),
    ids: posted === undefined ? undefined : [...ids.values()],
  };
}
