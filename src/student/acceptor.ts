import { type CatchAll, catchAllConfidence, weightOfStranger } from './catchAll.ts';
import { type Decoded, type leaningOf, logOf } from './decode.ts';
import type { Doubts } from './doubts.ts';
import { fitLogistic, type Logistic, logistic, logit, usualRidge } from './logistic.ts';
import { isForeign, type Novelty, type Seen } from './novelty.ts';

/**
 * How likely is the whole answer right? A small logistic regression over the signals of an answer, fitted on answers to
 * rows that were held out, and on answers to rows of classes that were hidden, which are never right. Its probability is
 * the confidence. An answer with the class for what fits nothing is judged by its own kind alone: signs of strangeness
 * speak for it and against all others, and so does how far the models lean to that class.
 */
export interface Acceptor {
  readonly model: Logistic;
  /** Judges answers with a masked text that training did not have; null where there were none, or too few. */
  readonly unfamiliar: Unfamiliar | null;
  /** Likeness to training inputs beyond which more of it says nothing. */
  readonly alike: number;
  /** null where no class is known to be one. */
  readonly catchAll: CatchAll | null;
  /** Tells foreign inputs where no class could be hidden; null elsewhere. */
  readonly novelty: Novelty | null;
  /** What copies are worth that look as they do; null where nothing is copied, or too little is known of it. */
  readonly doubts: Doubts | null;
}

/** An answer with an unfamiliar masked text is given where it is surer than `above`. */
export interface Unfamiliar {
  readonly model: Logistic;
  readonly above: number;
}

/** Answers to examples whose masked texts were hidden, and how many of each set may be answered wrongly. */
export interface HiddenTexts {
  readonly sets: readonly (readonly JudgedKnown[])[];
  readonly epsilon: number;
}

/** An answer as the acceptor reads it. */
export interface Judged {
  readonly decoded: Decoded;
  /** Characters of the input. */
  readonly length: number;
  /** How far rungs and networks lean to a class. */
  readonly leaning: ReturnType<typeof leaningOf>;
  /** What its signs say of it, by doubts that it had no part in (`doubtOf`); 0 where there are none. */
  readonly doubt: number;
}

export type JudgedKnown = Judged & { readonly agree: boolean };

/** Fewer answers with unfamiliar masked texts than this tell nothing of others. */
const fewestUnfamiliar = 20;

/** @param known answers to held-out rows, with whether they were right. @param strange answers to rows of hidden classes. */
export function fitAcceptor(
  known: readonly JudgedKnown[],
  strange: readonly Judged[],
  {
    catchAll = null,
    novelty = null,
    doubts = null,
    hidden = { sets: [], epsilon: 0 },
  }: Partial<Pick<Acceptor, 'catchAll' | 'novelty' | 'doubts'>> & { readonly hidden?: HiddenTexts } = {},
): Acceptor {
  const all = [...known, ...hidden.sets.flat()];
  const plain = all.filter((row) => !isCaught(catchAll, row));
  const far = strange.filter((row) => !isCaught(catchAll, row));
  const alike = median(plain.map(({ decoded }) => decoded.signals.near));
  const weight = weightOfStranger(all.length, strange.length);
  const reading = { alike, catchAll, doubts };
  const fit = (of: (row: Judged) => boolean): Logistic => {
    const [rows, others] = [plain.filter(of), far.filter(of)];
    const both = [...rows, ...others];
    return fitLogistic(
      both.map((row) => featuresOf(row, reading)),
      [...rows.map(({ agree }) => agree), ...others.map(() => false)],
      [...rows.map(() => 1), ...others.map(() => weight)],
      ridgesOf(both, reading),
    );
  };
  const isNew = (row: Judged): boolean => !isFamiliar(row);
  let unfamiliar: Unfamiliar | null = null;
  if (plain.filter(isNew).length >= fewestUnfamiliar) {
    const model = fit(isNew);
    const surenessOf = (row: Judged): number => logistic(model, featuresOf(row, reading));
    const bars = hidden.sets.map((rows) => barOf(rows, isNew, surenessOf, hidden.epsilon));
    unfamiliar = { model, above: Math.max(0, ...bars) };
  }
  return { model: fit(isFamiliar), unfamiliar, novelty, ...reading };
}

/** The confidence above which at most a share epsilon of all rows would be answered wrongly, (wrong + 1/2) / (n + 1). */
function barOf(
  rows: readonly JudgedKnown[],
  isNew: (row: Judged) => boolean,
  surenessOf: (row: Judged) => number,
  epsilon: number,
): number {
  const allowed = Math.floor(epsilon * (rows.length + 1) - 0.5);
  const wrong = rows.filter((row) => isNew(row) && !row.agree).map(surenessOf);
  return allowed < 0 ? 1 : (wrong.sort((a, b) => b - a)[allowed] ?? 0);
}

function isFamiliar({ decoded }: Judged): boolean {
  return decoded.signals.template;
}

/** Answers that differ by less are equally sure: where all are, the last bits would tell which are served. */
const finest = 1e-12;

/** Probability that the answer is right. */
export function confidenceOf(acceptor: Acceptor, judged: Judged): number {
  return Math.round(rawConfidence(acceptor, judged) / finest) * finest;
}

function rawConfidence(acceptor: Acceptor, judged: Judged): number {
  const { model, unfamiliar, catchAll } = acceptor;
  if (catchAll !== null && isCaught(catchAll, judged))
    return catchAllConfidence(catchAll, judged.decoded.signals.joint);
  const features = featuresOf(judged, acceptor);
  if (isFamiliar(judged)) return logistic(model, features);
  return unfamiliar === null ? 0 : logistic(unfamiliar.model, features);
}

/** Log odds that each answer to held-out rows is right, by its signals alone. */
export function surenessBySignals(rows: readonly JudgedKnown[]): number[] {
  const alike = median(rows.map(({ decoded }) => decoded.signals.near));
  const features = rows.map((row) => featuresOf(row, { alike, catchAll: null, doubts: null }));
  const model = fitLogistic(
    features,
    rows.map(({ agree }) => agree),
  );
  return features.map((own) => logit(logistic(model, own)));
}

/** Why an answer is for the teacher to give, however sure it looks; null where it is not. */
export function whyWithheld(acceptor: Acceptor, judged: Judged): string | null {
  const { novelty, unfamiliar } = acceptor;
  if (novelty !== null && isForeign(novelty, seenOf(judged))) return 'it is unlike all that was learned from';
  const sure = isFamiliar(judged) || confidenceOf(acceptor, judged) > (unfamiliar?.above ?? 1);
  return sure ? null : 'a text that it masks is new';
}

/** What an input has that training never saw. */
export function seenOf({ decoded, length }: Judged): Seen {
  return { unseen: decoded.signals.unseen, length };
}

/** Is it an answer with the class for what fits nothing? */
export function isCaught(catchAll: CatchAll | null, { decoded }: Judged): boolean {
  const target = catchAll === null ? undefined : decoded.targets[catchAll.slot];
  return target?.kind === 'class' && target.index === catchAll?.index;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 1;
}

/**
 * The penalty on all but the leading signals of an answer that only chooses. Those rank what is known next to as well as can
 * be; the others, fitted to a hundred mistakes and to what is strange, moved sure answers about and cost half a point of
 * what may be served at 2 %. Where parts are copied or written each signal has a say.
 */
const lesserRidge = 0.05;

/** The leading ones are the probability of the whole answer, and how far it leans to what fits nothing. */
function ridgesOf(
  rows: readonly Judged[],
  { catchAll, doubts }: Pick<Acceptor, 'catchAll' | 'doubts'>,
): number | readonly number[] {
  const usual = usualRidge(rows.length);
  if (doubts !== null || !rows.every(onlyChooses)) return usual;
  const leads = (feature: number): boolean => feature === 0 || (catchAll !== null && feature === leaningAt);
  return Array.from({ length: leaningAt + 1 }, (_, j) => (leads(j) ? usual : Math.max(usual, lesserRidge)));
}

function onlyChooses({ decoded: { signals } }: Judged): boolean {
  return signals.spans === 1 && signals.written === null;
}

/** The place of the leaning among the features, where there is a class to lean to. */
const leaningAt = 9;

/** A class less probable than this is out of the question: how much less says nothing. */
const outOfQuestion = Math.log(0.01);

function featuresOf(
  { decoded: { signals }, length, leaning, doubt }: Judged,
  { alike, catchAll, doubts }: Pick<Acceptor, 'alike' | 'catchAll' | 'doubts'>,
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
    ...(doubts === null ? [] : [doubt]),
    ...(catchAll === null ? [] : [Math.max(outOfQuestion, leaning(catchAll.slot, catchAll.index))]),
    ...(signals.written === null
      ? []
      : [logit(signals.written.probability), logit(signals.written.least), signals.written.margin]),
  ];
}
