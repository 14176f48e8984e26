import { SluiceError } from "../errors/index.ts";
import type { Family, Labels } from "./types.ts";

/** Most series one metric keeps; label values beyond it are counted together as `other`. */
const MAX_SERIES = 5_000;

/** The series of one metric, found by label values. */
export class SeriesFamily<Series> implements Family<string, Series> {
  readonly kind: string;
  readonly labels: readonly string[];
  private readonly make: (labels: Labels<string>) => Series;
  private readonly series = new Map<string, { readonly labels: Labels<string>; readonly series: Series }>();

  constructor(kind: string, labels: readonly string[], make: (labels: Labels<string>) => Series) {
    this.kind = kind;
    this.labels = labels;
    this.make = make;
  }

  with(labels: Labels<string>): Series {
    const key = this.key(labels);
    const known = this.series.get(key);
    if (known !== undefined) return known.series;
    if (this.series.size < MAX_SERIES) return this.add(key, labels);
    const other = Object.fromEntries(this.labels.map((name) => [name, "other"]));
    const otherKey = this.key(other);
    return this.series.get(otherKey)?.series ?? this.add(otherKey, other);
  }

  *entries(): Iterable<{ readonly labels: Labels<string>; readonly series: Series }> {
    yield* this.series.values();
  }

  private add(key: string, labels: Labels<string>): Series {
    const entry = { labels: { ...labels }, series: this.make(labels) };
    this.series.set(key, entry);
    return entry.series;
  }

  private key(labels: Labels<string>): string {
    let key = "";
    for (const name of this.labels) key += `${labels[name]}\u0000`;
    return key;
  }
}

/** @throws internal when a name is asked for again as another kind or with other labels */
export function checkSame(name: string, family: SeriesFamily<unknown>, kind: string, labels: readonly string[]): void {
  if (family.kind === kind && family.labels.join() === labels.join()) return;
  throw new SluiceError(
    "internal",
    `The metric ${name} is a ${family.kind}(${family.labels}), not a ${kind}(${labels}).`,
  );
}
