/**
 * What share of an input training never saw, against what is usual for inputs of its length: the mean and the mean
 * deviation change with the logarithm of the length. Nothing else tells a task of few classes, from which none can be
 * hidden, that it is asked about something else (another language, data, an essay).
 */
export interface Novelty {
  /** Logarithms of a short and a long length; beyond them nothing changes. */
  readonly short: number;
  readonly long: number;
  /** Usual share of a short and of a long input. */
  readonly share: readonly [number, number];
  readonly deviation: readonly [number, number];
  /** More deviations above the usual share than this are foreign. */
  readonly most: number;
}

export interface Seen {
  /** Share of the input that training never saw. */
  readonly unseen: number;
  /** Characters. */
  readonly length: number;
}

/** One input of so many may be foreign by chance. */
const oneIn = 200;
/** Fewer rows say nothing of what is rare among them. */
const fewest = 100;
const leastDeviation = 0.02;

/** @param rows inputs by models that never saw them nor their near duplicates. @returns null where they are too few. */
export function fitNovelty(rows: readonly Seen[]): Novelty | null {
  if (rows.length < fewest) return null;
  const lengths = rows.map(({ length }) => Math.log1p(length)).sort((a, b) => a - b);
  const short = lengths[Math.floor(lengths.length * 0.02)]!;
  const long = lengths[Math.floor(lengths.length * 0.98)]!;
  const places = rows.map(({ length }) => placeOf(length, short, long));
  const share = lineThrough(
    places,
    rows.map(({ unseen }) => unseen),
  );
  const deviation = lineThrough(
    places,
    rows.map(({ unseen }, i) => Math.abs(unseen - between(share, places[i]!))),
  );
  const novelty = { short, long, share, deviation };
  const sorted = rows.map((row) => excess(novelty, row)).sort((a, b) => b - a);
  return { ...novelty, most: sorted[Math.floor(rows.length / oneIn)]! };
}

/** Is an input further from what is usual than one of two hundred held-out inputs? */
export function isForeign(novelty: Novelty, seen: Seen): boolean {
  return excess(novelty, seen) > novelty.most;
}

function excess({ short, long, share, deviation }: Omit<Novelty, 'most'>, { unseen, length }: Seen): number {
  const place = placeOf(length, short, long);
  return (unseen - between(share, place)) / Math.max(leastDeviation, between(deviation, place));
}

/** Where a length lies between a short one (0) and a long one (1). */
function placeOf(length: number, short: number, long: number): number {
  return long > short ? Math.min(1, Math.max(0, (Math.log1p(length) - short) / (long - short))) : 0;
}

function between([a, b]: readonly [number, number], place: number): number {
  return a + (b - a) * place;
}

/** Least squares: the values at 0 and at 1. */
function lineThrough(x: readonly number[], y: readonly number[]): [number, number] {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const spread = mean(x.map((value) => (value - mx) ** 2));
  const slope = spread < 1e-9 ? 0 : mean(x.map((value, i) => (value - mx) * (y[i]! - my))) / spread;
  return [my - slope * mx, my + slope * (1 - mx)];
}
