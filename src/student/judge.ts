import type { Dataset, Example } from '../dataset/example.ts';
import { choiceSlots } from '../dataset/planSlots.ts';
import { answersAgree } from '../evaluation/compare.ts';
import type { Scored } from '../evaluation/prediction.ts';
import { type Familiarity, shareOfNewKinds } from '../evaluation/strange.ts';
import {
  type Acceptor,
  confidenceOf,
  isCaught,
  type JudgedKnown,
  surenessBySignals,
  whyWithheld,
} from './acceptor.ts';
import { type CatchAll, findCatchAll } from './catchAll.ts';
import { decode, type Evidence, leaningOf } from './decode.ts';
import { type Doubts, doubtOf, learnDoubts } from './doubts.ts';
import { mainSlot } from './mainSlot.ts';
import { lengthOf } from './predictor.ts';
import { foldsOf } from './wide/train.ts';

/** The class for what fits nothing, by answers to held-out rows and to rows of hidden classes; null where none is known. */
export function catchAllOf(
  dataset: Dataset,
  known: readonly Read[],
  strange: readonly Read[],
): CatchAll | null {
  const main = mainSlot(choiceSlots(dataset.plan));
  if (main === null) return null;
  const classOf = mainClassOf(dataset);
  const answered = ({ example, decoded, agree }: Read) => ({
    truth: classOf(example.targets),
    said: classOf(decoded.targets),
    joint: decoded.signals.joint,
    agree,
  });
  return findCatchAll(main, known.map(answered), strange.map(answered));
}

/** How sure of rows that are known and of rows whose class was hidden; those that it calls strange are answered rightly. */
export function familiarityOf(
  dataset: Dataset,
  acceptor: Acceptor,
  known: readonly Read[],
  strange: readonly Read[],
  share: Familiarity['share'],
): Familiarity {
  const surenessOf = (row: Read): number => sureness(scoreOf(row, acceptor));
  const classOf = mainClassOf(dataset);
  return {
    known: known.map(surenessOf),
    strange: strange.map((row) => ({
      confidence: isCaught(acceptor.catchAll, row) ? Number.NEGATIVE_INFINITY : surenessOf(row),
      kind: classOf(row.example.targets),
    })),
    share,
  };
}

/**
 * How large a share of the calls may become of kinds never seen: as large as asked for, or as the rows suggest. Where new
 * kinds have been coming up, or a class is known to be for what fits nothing, nothing bounds it: one that came up last
 * week may be most of tomorrow's.
 * @param rows oldest first. @param asked null: as they suggest.
 */
export function shareOfStrange(
  dataset: Dataset,
  rows: readonly Example[],
  catchAll: CatchAll | null,
  asked: number | null,
): Familiarity['share'] {
  if (asked === 0) return 0;
  const classOf = mainClassOf(dataset);
  const shown = shareOfNewKinds(rows.map(({ targets }) => classOf(targets)).filter((kind) => kind >= 0));
  return catchAll !== null || shown === null ? null : (asked ?? shown);
}

/** Class of the main slot among targets; -1 where there is none. */
function mainClassOf({ plan }: Dataset): (targets: Example['targets']) => number {
  const main = mainSlot(choiceSlots(plan))?.name ?? '';
  return (targets) => {
    const target = targets?.[main];
    return target?.kind === 'class' ? target.index : -1;
  };
}

/** Confidence of a row that is answered. */
export function sureness(row: Scored): number {
  return row.answered ? row.confidence : Number.NEGATIVE_INFINITY;
}

/** A row with what is answered to it. */
export interface Read extends JudgedKnown {
  readonly example: Example;
}

export function readRow({ plan, inputSlots }: Dataset, example: Example, evidence: Evidence): Read {
  const decoded = decode(plan, evidence, example.input);
  return {
    example,
    decoded,
    length: lengthOf(example.input, inputSlots),
    leaning: leaningOf(evidence),
    doubt: 0,
    agree: decoded.answer !== null && answersAgree(decoded.answer, example.answer),
  };
}

/** Doubts of a task as its training rows are judged by them. */
export interface CrossDoubts {
  readonly all: Doubts;
  /** The row as doubts judge it that were learned from other blocks of time. */
  readonly judge: (row: Read) => Read;
}

/** Of fewer answers nothing is learned that their signals do not say. */
const leastForDoubts = 300;
const blocks = 3;

/** @param rows answers to held-out rows of the examples. null where they copy nothing, or are too few. */
export function crossDoubts(examples: readonly Example[], rows: readonly Read[]): CrossDoubts | null {
  if (rows.length < leastForDoubts || rows.every(({ decoded }) => decoded.signs.length === 0)) return null;
  const folds = foldsOf(examples, blocks);
  const blockOf = new Map(examples.map(({ cluster }, i) => [cluster, folds[i]]));
  const sureness = surenessBySignals(rows);
  const learned = rows.map((row, i) => ({
    block: blockOf.get(row.example.cluster),
    signs: row.decoded.signs,
    sureness: sureness[i]!,
    agree: row.agree,
  }));
  const others = Array.from({ length: blocks }, (_, block) =>
    learnDoubts(learned.filter((row) => row.block !== block)),
  );
  return {
    all: learnDoubts(learned),
    judge: (row) => {
      const doubts = others[blockOf.get(row.example.cluster) ?? 0]!;
      return { ...row, doubt: doubtOf(doubts, row.decoded.signs) };
    },
  };
}

export function scoreOf(row: Read, acceptor: Acceptor): Scored {
  return {
    callId: row.example.callId,
    atMs: row.example.atMs,
    confidence: confidenceOf(acceptor, row),
    agree: row.agree,
    answered: row.decoded.answer !== null && whyWithheld(acceptor, row) === null,
    bucket: row.decoded.bucket,
    cached: false,
  };
}
