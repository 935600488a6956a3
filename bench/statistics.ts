/** Spread of measured values. NaN where nothing was measured. */
export interface Summary {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The value below which `share` (0–1) of the values lie. `sorted` ascending. */
function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted.length === 0 ? NaN : (sorted[Math.floor(share * (sorted.length - 1))] ?? NaN);
}

export function summarise(values: Iterable<number>): Summary {
  const sorted = Float64Array.from(values).sort();
  return { count: sorted.length, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: quantile(sorted, 1) };
}

export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

const BUCKET_MS = 0.1;
const BUCKETS = 20_000;

/** Counts values of up to 2 s in steps of 0.1 ms without keeping them. */
export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #count = 0;
  #max = 0;

  add(ms: number): void {
    const bucket = Math.max(0, Math.min(BUCKETS - 1, Math.floor(ms / BUCKET_MS)));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count++;
    if (ms > this.#max) this.#max = ms;
  }

  get summary(): Summary {
    if (this.#count === 0) return { count: 0, p50: NaN, p99: NaN, max: NaN };
    return { count: this.#count, p50: this.#quantile(0.5), p99: this.#quantile(0.99), max: this.#max };
  }

  #quantile(share: number): number {
    let seen = 0;
    const bucket = this.#counts.findIndex((count) => (seen += count) >= share * this.#count);
    return (bucket + 0.5) * BUCKET_MS;
  }
}
