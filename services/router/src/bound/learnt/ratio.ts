/** Factor between neighbouring bins: one percent. */
const STEP = Math.log(1.01);
/** Bins on either side of 1: ratios from a fiftieth to fifty. */
const HALF = 393;
const BINS = 2 * HALF + 1;
/** Observations after which a quantile of one in ten thousand says something of its own. */
const MANY = 10_000;
const FEW = 200;
const MISSES = 1 / MANY;
/** Halved at this weight, so that what was seen long ago counts less and less. */
const WEIGHT_MAX = 100_000;
/** What the highest ratio seen is raised by while few have been seen; none is left once there are many. */
const CAUTION = 0.25;
const MARGIN = 1.02;
const LEAST = 0.5;

/** What is kept of a ratio over a restart. */
export interface StoredRatio {
  readonly seen: number;
  /** Bins that are not empty, as pairs of number and weight. */
  readonly bins: [number, number][];
}

/**
 * How the truth stood to what was said beforehand, over many observations: a histogram in steps of one percent whose old entries fade. From it
 * follows the factor that all but one in ten thousand stay below.
 */
export class Ratio {
  readonly #bins = new Float64Array(BINS);
  #weight = 0;
  #seen = 0;
  #upper = 1;

  /** Observations so far. */
  get seen(): number {
    return this.#seen;
  }

  /**
   * The factor to bound by. Few observations change it only upwards. More bring it towards the highest one seen, raised by a caution that
   * shrinks; many to the quantile.
   */
  get upper(): number {
    return this.#upper;
  }

  /** Takes one observation in. */
  observe(ratio: number): void {
    const log = Math.log(Math.min(50, Math.max(1 / 50, ratio)));
    const bin = Math.ceil(log / STEP - 1e-9) + HALF;
    this.#bins[bin] = (this.#bins[bin] ?? 0) + 1;
    this.#weight++;
    this.#seen++;
    if (this.#weight > WEIGHT_MAX) this.#fade();
    this.#upper = this.#factor();
  }

  /** Share of the observations up to a quantile, e.g. 0.5 for the median. */
  quantile(share: number): number {
    return this.#above((1 - share) * this.#weight);
  }

  store(): StoredRatio {
    const bins: [number, number][] = [];
    this.#bins.forEach((weight, bin) => {
      if (weight >= 0.01) bins.push([bin, Math.round(weight * 100) / 100]);
    });
    return { seen: this.#seen, bins };
  }

  static restore(stored: StoredRatio): Ratio {
    const ratio = new Ratio();
    for (const [bin, weight] of stored.bins) {
      if (bin < 0 || bin >= BINS) continue;
      ratio.#bins[bin] = weight;
      ratio.#weight += weight;
    }
    ratio.#seen = stored.seen;
    ratio.#upper = ratio.#factor();
    return ratio;
  }

  #fade(): void {
    for (let bin = 0; bin < BINS; bin++) this.#bins[bin] = (this.#bins[bin] ?? 0) / 2;
    this.#weight /= 2;
  }

  #factor(): number {
    // Half of the misses that are allowed: the other half is for what the future has and the past had not.
    if (this.#weight >= MANY) return Math.max(LEAST, this.#above((this.#weight * MISSES) / 2) * MARGIN);
    const highest = this.#above(0.5) * MARGIN;
    if (this.#weight < FEW) return Math.max(1, highest);
    const trust = this.#weight / MANY;
    const cautious = highest * (1 + CAUTION * (1 - trust));
    return Math.max(LEAST, highest > 1 ? highest : Math.min(1, cautious));
  }

  /** The upper edge of the highest bin that has more than this weight at and above it. */
  #above(weight: number): number {
    let sum = 0;
    for (let bin = BINS - 1; bin >= 0; bin--) {
      sum += this.#bins[bin] ?? 0;
      if (sum > weight) return Math.exp((bin - HALF) * STEP);
    }
    return 1;
  }
}
