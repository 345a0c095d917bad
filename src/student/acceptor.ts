import { type CatchAll, catchAllConfidence } from './catchAll.ts';
import { type Decoded, type leaningOf, logOf } from './decode.ts';
import { fitLogistic, type Logistic, logistic, logit } from './logistic.ts';

/**
 * How likely is the whole answer right? A small logistic regression over the signals of an answer, fitted on answers to
 * rows that were held out, and on answers to rows of classes that were hidden, which are never right. Its probability is
 * the confidence. An answer with the class for what fits nothing is judged by its own kind alone: signs of strangeness
 * speak for it and against all others, and so does how far the models lean to that class.
 */
export interface Acceptor {
  readonly model: Logistic;
  /** Likeness to training inputs beyond which more of it says nothing. */
  readonly alike: number;
  /** null where no class is known to be one. */
  readonly catchAll: CatchAll | null;
}

/** An answer as the acceptor reads it. */
export interface Judged {
  readonly decoded: Decoded;
  /** Characters of the input. */
  readonly length: number;
  /** How far rungs and networks lean to a class. */
  readonly leaning: ReturnType<typeof leaningOf>;
}

export type JudgedKnown = Judged & { readonly agree: boolean };

/** How common inputs of an unknown kind are taken to be, against one of a known kind. */
const strangeShare = 0.08;

/** @param known answers to held-out rows, with whether they were right. @param strange answers to rows of hidden classes. */
export function fitAcceptor(
  known: readonly JudgedKnown[],
  strange: readonly Judged[],
  catchAll: CatchAll | null,
): Acceptor {
  const plain = known.filter((row) => !isCaught(catchAll, row));
  const far = strange.filter((row) => !isCaught(catchAll, row));
  const alike = median(plain.map(({ decoded }) => decoded.signals.near));
  const weight = (strangeShare * plain.length) / Math.max(1, far.length);
  const model = fitLogistic(
    [...plain, ...far].map((row) => featuresOf(row, alike, catchAll)),
    [...plain.map(({ agree }) => agree), ...far.map(() => false)],
    [...plain.map(() => 1), ...far.map(() => weight)],
  );
  return { model, alike, catchAll };
}

/** Probability in (0, 1) that the answer is right. */
export function confidenceOf({ model, alike, catchAll }: Acceptor, judged: Judged): number {
  if (catchAll !== null && isCaught(catchAll, judged))
    return catchAllConfidence(catchAll, judged.decoded.signals.joint);
  return logistic(model, featuresOf(judged, alike, catchAll));
}

function isCaught(catchAll: CatchAll | null, { decoded }: Judged): boolean {
  const target = catchAll === null ? undefined : decoded.targets[catchAll.slot];
  return target?.kind === 'class' && target.index === catchAll?.index;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 1;
}

/** A class less probable than this is out of the question: how much less says nothing. */
const outOfQuestion = Math.log(0.03);

function featuresOf(
  { decoded: { signals }, length, leaning }: Judged,
  alike: number,
  catchAll: CatchAll | null,
): number[] {
  return [
    logit(signals.joint),
    logit(signals.least),
    logOf(signals.entropy),
    logit(signals.spans),
    logit(signals.agreement),
    Math.sqrt(signals.unseen),
    Math.min(alike, signals.near),
    Math.log(1 + length),
    Math.log(1 + signals.slots),
    signals.template ? 1 : 0,
    signals.template ? 0 : logit(signals.spans),
    ...(catchAll === null ? [] : [Math.max(outOfQuestion, leaning(catchAll.slot, catchAll.index))]),
    ...(signals.written === null
      ? []
      : [logit(signals.written.probability), logit(signals.written.least), signals.written.margin]),
  ];
}
