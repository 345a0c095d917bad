import { choiceSlots, type OutputPlan } from '../dataset/plan.ts';
import { type Decoded, logOf } from './decode.ts';
import { fitLogistic, type Logistic, logistic, logit } from './logistic.ts';
import { mainSlot } from './mainSlot.ts';

/**
 * How likely is the whole answer right? A small logistic regression over the signals of an answer, fitted on answers to
 * rows that were held out, and on answers to rows of classes that were hidden, which are never right. Its probability is
 * the confidence.
 */
export interface Acceptor {
  readonly model: Logistic;
  /** Likeness to training inputs beyond which more of it says nothing. */
  readonly alike: number;
  /** Answers that draw inputs of kinds never seen; null where no class was hidden. */
  readonly magnets: Magnets | null;
}

/** By class of one slot: the log odds that an input answered so is of a kind never seen, against the odds over all. */
export interface Magnets {
  readonly slot: string;
  readonly pull: readonly number[];
}

/** An answer as the acceptor reads it. */
export interface Judged {
  readonly decoded: Decoded;
  /** Characters of the input. */
  readonly length: number;
}

export type JudgedKnown = Judged & { readonly agree: boolean };
/** `kind`: the hidden class that the row belongs to. */
export type JudgedStrange = Judged & { readonly kind: number };

/** How common inputs of an unknown kind are taken to be, against one of a known kind. */
const strangeShare = 0.08;

/**
 * @param known answers to held-out rows, with whether they were right. @param strange answers to rows of hidden classes.
 * @returns with the acceptor, its confidence in the strange rows: each as if no other row of its class had been seen.
 */
export function fitAcceptor(
  plan: OutputPlan,
  known: readonly JudgedKnown[],
  strange: readonly JudgedStrange[],
): { readonly acceptor: Acceptor; readonly strange: readonly number[] } {
  const counts = countAnswers(plan, known, strange);
  const alike = lowDecile(known.map(({ decoded }) => decoded.signals.near));
  const magnets = counts === null ? null : { slot: counts.slot, pull: pullOf(counts, null) };
  const without = new Map(
    [...new Set(strange.map(({ kind }) => kind))].map((kind) => [kind, counts && pullOf(counts, kind)]),
  );
  const far = strange.map((row) =>
    featuresOf(row, alike, counts && { slot: counts.slot, pull: without.get(row.kind)! }),
  );
  const rows = [...known.map((row) => featuresOf(row, alike, magnets)), ...far];
  const weight = (strangeShare * known.length) / Math.max(1, strange.length);
  const model = fitLogistic(
    rows,
    rows.map((_, i) => known[i]?.agree ?? false),
    rows.map((_, i) => (i < known.length ? 1 : weight)),
  );
  return { acceptor: { model, alike, magnets }, strange: far.map((features) => logistic(model, features)) };
}

/** Probability in (0, 1) that the answer is right. */
export function confidenceOf({ model, alike, magnets }: Acceptor, judged: Judged): number {
  return logistic(model, featuresOf(judged, alike, magnets));
}

/** How often each class was the answer. */
interface Counts {
  readonly slot: string;
  readonly known: Float64Array;
  /** For rows of each hidden class. */
  readonly strange: ReadonlyMap<number, Float64Array>;
}

function countAnswers(
  plan: OutputPlan,
  known: readonly Judged[],
  strange: readonly JudgedStrange[],
): Counts | null {
  const main = mainSlot(choiceSlots(plan));
  if (main === null || strange.length === 0) return null;
  const { name, values } = main;
  const count = (into: Float64Array, { decoded }: Judged): Float64Array => {
    const target = decoded.targets[name];
    if (target?.kind === 'class') into[target.index]!++;
    return into;
  };
  const byKind = new Map<number, Float64Array>();
  for (const row of strange)
    byKind.set(row.kind, count(byKind.get(row.kind) ?? new Float64Array(values.length), row));
  const all = known.reduce(count, new Float64Array(values.length));
  return { slot: name, known: all, strange: byKind };
}

/** Rows of either kind that a class needs before its own odds count as much as the common ones. */
const weightOfAll = 20;

/** The pull of each class, but for rows of one hidden class: a magnet is what draws the others too. */
function pullOf({ known, strange }: Counts, left: number | null): number[] {
  const drawn = new Float64Array(known.length);
  for (const [kind, counts] of strange) {
    if (kind !== left) for (let k = 0; k < drawn.length; k++) drawn[k]! += counts[k]!;
  }
  const [near, far] = [sum(known), sum(drawn)];
  if (near === 0 || far === 0) return [...drawn].fill(0);
  const share = far / (near + far);
  return Array.from(
    drawn,
    (n, k) =>
      Math.log((n + weightOfAll * share) / (known[k]! + weightOfAll * (1 - share))) - Math.log(far / near),
  );
}

function sum(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0);
}

function lowDecile(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 10)] ?? 1;
}

function featuresOf({ decoded, length }: Judged, alike: number, magnets: Magnets | null): number[] {
  const { signals, targets } = decoded;
  const target = magnets === null ? undefined : targets[magnets.slot];
  const pull = target?.kind === 'class' ? (magnets?.pull[target.index] ?? 0) : 0;
  return [
    logit(signals.joint),
    logit(signals.least),
    logOf(signals.entropy),
    signals.doubt,
    logit(signals.spans),
    logit(signals.agreement),
    Math.sqrt(signals.unseen),
    Math.min(alike, signals.near),
    Math.log(1 + length),
    Math.log(1 + signals.slots),
    signals.template ? 1 : 0,
    signals.template ? 0 : logit(signals.spans),
    // Only an answer that draws strangers of many kinds stands out: a class that nothing fits.
    Math.max(0, pull) ** 2,
    ...(signals.written === null
      ? []
      : [logit(signals.written.probability), logit(signals.written.least), signals.written.margin]),
  ];
}
