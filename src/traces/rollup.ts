/** Sums over rows that agree in everything but time within an hour: what the sidebar's figures are made of. */
export interface Cell {
  /** Hours since 1970 (UTC). */
  readonly hour: number;
  readonly taskId: string | null;
  readonly kind: string;
  readonly provider: string;
  readonly model: string;
  readonly servedBy: 'teacher' | 'student';
  readonly ok: boolean;
  readonly reason: string;
  readonly audit: 'agree' | 'disagree' | null;
  calls: number;
  inputTokens: number;
  outputTokens: number;
  cachedTokens: number;
}

export type CellKey = Omit<Cell, 'calls' | 'inputTokens' | 'outputTokens' | 'cachedTokens'>;
export type CellSums = Pick<Cell, 'calls' | 'inputTokens' | 'outputTokens' | 'cachedTokens'>;

/** Latencies in buckets that grow by 2 %: a quantile is right to within 1 %. */
const GROWTH = Math.log(1.02);
const BUCKETS = 1024;

/** Bucket of a duration in milliseconds: 0 for up to 0.01 ms, then logarithmic to about 6 million ms. */
export function latencyBucket(ms: number): number {
  if (!(ms > 0.01)) return 0;
  return Math.min(BUCKETS - 1, 1 + Math.floor(Math.log(ms / 0.01) / GROWTH));
}

function bucketMs(bucket: number): number {
  return bucket === 0 ? 0.01 : 0.01 * Math.exp(GROWTH * (bucket - 0.5));
}

/** The sums of one part of the index. */
export class Rollup {
  readonly #cells = new Map<string, Cell>();
  /** Hours that have, or once had, calls. */
  readonly #hours = new Set<number>();
  readonly #latencies = new Map<string, Uint32Array>();

  cells(): Iterable<Cell> {
    return this.#cells.values();
  }

  /** Is there a call in this hour? */
  hasHour(hour: number): boolean {
    return this.#hours.has(hour);
  }

  add(key: CellKey, sums: CellSums): void {
    const { hour, taskId, kind, provider, model, servedBy, ok, reason, audit } = key;
    this.#hours.add(hour);
    const name = `${hour}|${taskId}|${kind}|${provider}|${model}|${servedBy}|${ok}|${reason}|${audit}`;
    const cell = this.#cells.get(name);
    if (cell === undefined) {
      this.#cells.set(name, { ...key, ...sums });
      return;
    }
    cell.calls += sums.calls;
    cell.inputTokens += sums.inputTokens;
    cell.outputTokens += sums.outputTokens;
    cell.cachedTokens += sums.cachedTokens;
    if (cell.calls === 0) this.#cells.delete(name);
  }

  addLatency(taskId: string | null, servedBy: string, bucket: number, count: number): void {
    const name = `${servedBy}|${taskId}`;
    let histogram = this.#latencies.get(name);
    if (histogram === undefined) {
      histogram = new Uint32Array(BUCKETS);
      this.#latencies.set(name, histogram);
    }
    histogram[bucket] = histogram[bucket]! + count;
  }

  /** Adds this part's latencies to a histogram. @param taskId undefined: of all calls. */
  collectLatency(into: Uint32Array, servedBy: string, taskId: string | null | undefined): void {
    for (const [name, histogram] of this.#latencies) {
      const matches =
        taskId === undefined ? name.startsWith(`${servedBy}|`) : name === `${servedBy}|${taskId}`;
      if (matches) for (let i = 0; i < BUCKETS; i++) into[i] = into[i]! + histogram[i]!;
    }
  }
}

export const emptyHistogram = (): Uint32Array => new Uint32Array(BUCKETS);

/** The q-quantile of a histogram in milliseconds; null where it is empty. */
export function histogramQuantile(histogram: Uint32Array, q: number): number | null {
  const total = histogram.reduce((sum, n) => sum + n, 0);
  if (total === 0) return null;
  let rest = Math.ceil(q * total);
  for (let i = 0; i < BUCKETS; i++) {
    rest -= histogram[i]!;
    if (rest <= 0) return bucketMs(i);
  }
  return bucketMs(BUCKETS - 1);
}
