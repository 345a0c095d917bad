import type { Dataset, Example } from '../dataset/example.ts';
import { choiceSlots } from '../dataset/plan.ts';
import { answersAgree } from '../evaluation/compare.ts';
import type { Scored } from '../evaluation/prediction.ts';
import { type Acceptor, confidenceOf, fitAcceptor, type JudgedKnown } from './acceptor.ts';
import { decode, type Evidence } from './decode.ts';
import { mainSlot } from './mainSlot.ts';
import { lengthOf } from './predictor.ts';

/**
 * Fits the acceptor on honest evidence and scores the rows with it.
 * @param hidden evidence of a tagger that never saw the rows' masked texts: taught, not scored.
 */
export function judge(
  { plan }: Dataset,
  known: readonly Read[],
  strangers: readonly Read[],
  hidden: readonly Read[] = [],
) {
  const main = mainSlot(choiceSlots(plan))?.name ?? '';
  const kindOf = ({ example }: Read): number => {
    const target = example.targets?.[main];
    return target?.kind === 'class' ? target.index : -1;
  };
  const { acceptor, strange } = fitAcceptor(
    plan,
    [...known, ...hidden],
    strangers.map((row) => ({ ...row, kind: kindOf(row) })),
  );
  return {
    acceptor,
    validation: known.map((row) => scoreOf(row, acceptor)),
    // Unlike an unknown class, an unknown text may be read rightly all the same.
    hidden: hidden
      .map((row) => scoreOf(row, acceptor))
      .map((row) => (row.agree ? Number.NEGATIVE_INFINITY : sureness(row))),
    strange: strange.map((confidence, i) =>
      strangers[i]!.decoded.answer === null ? Number.NEGATIVE_INFINITY : confidence,
    ),
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
    agree: decoded.answer !== null && answersAgree(decoded.answer, example.answer),
  };
}

export function scoreOf(row: Read, acceptor: Acceptor): Scored {
  return {
    callId: row.example.callId,
    atMs: row.example.atMs,
    confidence: confidenceOf(acceptor, row),
    agree: row.agree,
    answered: row.decoded.answer !== null,
    bucket: row.decoded.bucket,
    cached: false,
  };
}
