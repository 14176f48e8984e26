import {
  collectDefaultMetrics,
  Counter as PromCounter,
  Gauge as PromGauge,
  Histogram as PromHistogram,
  Registry,
} from "prom-client";
import { checkSame, SeriesFamily } from "./series.ts";
import type { Counter, Family, Gauge, Histogram, HistogramOptions, Labels, MetricOptions, Metrics } from "./types.ts";

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** A number that is written to the registry only when somebody scrapes. */
class Cell implements Counter, Gauge {
  value = 0;
  read: (() => number) | undefined;

  add(amount = 1): void {
    this.value += amount;
  }

  set(value: number): void {
    this.value = value;
  }

  current(): number {
    return this.read === undefined ? this.value : this.read();
  }
}

class PromMetrics implements Metrics {
  private readonly registry = new Registry();
  private readonly cells = new Map<string, SeriesFamily<Cell>>();
  private readonly histograms = new Map<string, SeriesFamily<Histogram>>();

  constructor(processMetrics: boolean) {
    if (processMetrics) collectDefaultMetrics({ register: this.registry });
  }

  counter<Name extends string = never>(options: MetricOptions<Name>): Family<Name, Counter> {
    return this.cellFamily("counter", options);
  }

  gauge<Name extends string = never>(options: MetricOptions<Name>): Family<Name, Gauge> {
    return this.cellFamily("gauge", options);
  }

  readGauge<Name extends string = never>(options: MetricOptions<Name>, labels: Labels<Name>, read: () => number): void {
    this.cellFamily("gauge", options).with(labels).read = read;
  }

  histogram<Name extends string = never>(options: HistogramOptions<Name>): Family<Name, Histogram> {
    const labelNames = options.labels ?? [];
    const known = this.histograms.get(options.name);
    if (known !== undefined) {
      checkSame(options.name, known, "histogram", labelNames);
      return known;
    }
    const { name, help } = options;
    const buckets = [...(options.buckets ?? SECONDS)];
    const metric = new PromHistogram<string>({ name, help, labelNames, buckets, registers: [this.registry] });
    const family = new SeriesFamily<Histogram>("histogram", labelNames, (labels) => metric.labels(labels));
    this.histograms.set(name, family);
    return family;
  }

  async render(): Promise<{ contentType: string; body: string }> {
    return { contentType: this.registry.contentType, body: await this.registry.metrics() };
  }

  private cellFamily(kind: "counter" | "gauge", options: MetricOptions<string>): SeriesFamily<Cell> {
    const { name, help } = options;
    const labelNames = options.labels ?? [];
    const known = this.cells.get(name);
    if (known !== undefined) {
      checkSame(name, known, kind, labelNames);
      return known;
    }
    const family = new SeriesFamily<Cell>(kind, labelNames, () => new Cell());
    const settings = { name, help, labelNames, registers: [this.registry] };
    if (kind === "counter") {
      const collect = function (this: PromCounter<string>): void {
        this.reset();
        for (const { labels, series } of family.entries()) this.inc(labels, series.current());
      };
      new PromCounter<string>({ ...settings, collect });
    } else {
      const collect = function (this: PromGauge<string>): void {
        for (const { labels, series } of family.entries()) this.set(labels, series.current());
      };
      new PromGauge<string>({ ...settings, collect });
    }
    this.cells.set(name, family);
    return family;
  }
}

/** A process's own registry, with its memory, CPU and event-loop metrics unless told otherwise. */
export function createMetrics(options: { readonly processMetrics?: boolean } = {}): Metrics {
  return new PromMetrics(options.processMetrics ?? true);
}
