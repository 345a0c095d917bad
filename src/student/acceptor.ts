import { choiceSlots, type OutputPlan } from '../dataset/plan.ts';
import { type Decoded, logOf, type Signals } from './decode.ts';
import { fitLogistic, type Logistic, logistic, logit } from './logistic.ts';
import { mainSlot } from './wide/train.ts';

/**
 * How likely is the whole answer right? A small logistic regression over the signals of an answer, fitted on answers to
 * rows that were held out, and on answers to rows of classes that were hidden, which are never right. Its probability is
 * the confidence.
 */
export interface Acceptor {
  readonly model: Logistic;
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

/** How common inputs of an unknown kind are taken to be, against one of a known kind. */
const strangeShare = 0.15;

/** @param known answers to held-out rows, with whether they were right. @param strange answers to rows of hidden classes. */
export function fitAcceptor(
  plan: OutputPlan,
  known: readonly (Judged & { readonly agree: boolean })[],
  strange: readonly Judged[],
): Acceptor {
  const magnets = magnetsOf(plan, known, strange);
  const rows = [...known, ...strange].map((row) => featuresOf(row, magnets));
  const weight = (strangeShare * known.length) / Math.max(1, strange.length);
  const model = fitLogistic(
    rows,
    rows.map((_, i) => known[i]?.agree ?? false),
    rows.map((_, i) => (i < known.length ? 1 : weight)),
  );
  return { model, magnets };
}

/** Probability in (0, 1) that the answer is right. */
export function confidenceOf({ model, magnets }: Acceptor, judged: Judged): number {
  return logistic(model, featuresOf(judged, magnets));
}

/** Rows of either kind that a class needs before its own odds count as much as the common ones. */
const weightOfAll = 20;

function magnetsOf(plan: OutputPlan, known: readonly Judged[], strange: readonly Judged[]): Magnets | null {
  const main = mainSlot(choiceSlots(plan));
  if (main === null || strange.length === 0) return null;
  const counts = (rows: readonly Judged[]): Float64Array => {
    const found = new Float64Array(main.values.length);
    for (const { decoded } of rows) {
      const target = decoded.targets[main.name];
      if (target?.kind === 'class') found[target.index]!++;
    }
    return found;
  };
  const [seen, drawn] = [counts(known), counts(strange)];
  const all = known.length + strange.length;
  const [share, rest] = [strange.length / all, known.length / all];
  const pull = Array.from(
    drawn,
    (n, k) => Math.log((n + weightOfAll * share) / (seen[k]! + weightOfAll * rest)) - Math.log(share / rest),
  );
  return { slot: main.name, pull };
}

function featuresOf({ decoded, length }: Judged, magnets: Magnets | null): number[] {
  const target = magnets === null ? undefined : decoded.targets[magnets.slot];
  const pull = target?.kind === 'class' ? (magnets?.pull[target.index] ?? 0) : 0;
  return [...signalFeatures(decoded.signals), Math.log(1 + length), pull, Math.max(0, pull) ** 2];
}

function signalFeatures(signals: Signals): number[] {
  return [
    logit(signals.joint),
    logit(signals.least),
    logOf(signals.entropy),
    signals.doubt,
    logit(signals.spans),
    logit(signals.agreement),
    Math.sqrt(signals.unseen),
    signals.claim,
    Math.max(0, signals.claim),
    signals.near,
    Math.log(1 + signals.slots),
    signals.template ? 1 : 0,
    signals.template ? 0 : logit(signals.spans),
  ];
}
