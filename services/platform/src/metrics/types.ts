export type Labels<Name extends string> = Readonly<Record<Name, string>>;

export interface MetricOptions<Name extends string = never> {
  /** `sluice_<what>_<unit>` and, for counters, `_total`. */
  readonly name: string;
  readonly help: string;
  /** Names of labels; their values must come from small sets, never from requests. */
  readonly labels?: readonly Name[];
}

export interface HistogramOptions<Name extends string = never> extends MetricOptions<Name> {
  /** Upper bounds; default 0.5 ms to 60 s, for durations in seconds. */
  readonly buckets?: readonly number[];
}

/** One series of a counter. Keep it: `add` costs nanoseconds, finding it by labels more. */
export interface Counter {
  add(amount?: number): void;
}
export interface Gauge {
  set(value: number): void;
  add(amount: number): void;
}
export interface Histogram {
  observe(value: number): void;
}

/** A metric whose series are found by label values. */
export interface Family<Name extends string, Series> {
  with(labels: Labels<Name>): Series;
}

/** A process's metrics. Asking for the same name again gives the same metric. */
export interface Metrics {
  counter<Name extends string = never>(options: MetricOptions<Name>): Family<Name, Counter>;
  gauge<Name extends string = never>(options: MetricOptions<Name>): Family<Name, Gauge>;
  /** A gauge read at each scrape; the last reader registered for its labels counts. */
  readGauge<Name extends string = never>(options: MetricOptions<Name>, labels: Labels<Name>, read: () => number): void;
  histogram<Name extends string = never>(options: HistogramOptions<Name>): Family<Name, Histogram>;
  /** The text for `/metrics`. */
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
}
