import { type CatchAll, catchAllConfidence } from './catchAll.ts';
import { type Decoded, logOf } from './decode.ts';
import { fitLogistic, type Logistic, logistic, logit } from './logistic.ts';

/**
 * How likely is the whole answer right? A small logistic regression over the signals of an answer, fitted on answers to
 * rows that were held out, and on answers to rows of classes that were hidden, which are never right. Its probability is
 * the confidence. An answer with the class for what fits nothing is judged by its own kind alone: signs of strangeness
 * speak for it and against all others.
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
  const alike = lowDecile(plain.map(({ decoded }) => decoded.signals.near));
  const weight = (strangeShare * plain.length) / Math.max(1, far.length);
  const model = fitLogistic(
    [...plain, ...far].map((row) => featuresOf(row, alike)),
    [...plain.map(({ agree }) => agree), ...far.map(() => false)],
    [...plain.map(() => 1), ...far.map(() => weight)],
  );
  return { model, alike, catchAll };
}

/** Probability in (0, 1) that the answer is right. */
export function confidenceOf({ model, alike, catchAll }: Acceptor, judged: Judged): number {
  if (catchAll !== null && isCaught(catchAll, judged))
    return catchAllConfidence(catchAll, judged.decoded.signals.joint);
  return logistic(model, featuresOf(judged, alike));
}

function isCaught(catchAll: CatchAll | null, { decoded }: Judged): boolean {
  const target = catchAll === null ? undefined : decoded.targets[catchAll.slot];
  return target?.kind === 'class' && target.index === catchAll?.index;
}

function lowDecile(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 10)] ?? 1;
}

function featuresOf({ decoded: { signals }, length }: Judged, alike: number): number[] {
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
    ...(signals.written === null
      ? []
      : [logit(signals.written.probability), logit(signals.written.least), signals.written.margin]),
  ];
}
