import { nearDuplicateClusters } from '../../../src/base/minhash.ts';
import { fitTemperature, softmax } from '../../../src/evaluation/calibrate.ts';
import { certify, serves } from '../../../src/evaluation/certify.ts';
import type { Scored } from '../../../src/evaluation/prediction.ts';
import { rawFeatures } from '../../../src/student/wide/features.ts';
import { type LinearHead, scoreRow, trainLinear } from '../../../src/student/wide/linear.ts';
import {
  buildVocabulary,
  type SparseRows,
  type Vocabulary,
  vectorise,
} from '../../../src/student/wide/vocabulary.ts';
import { type Asked, fieldsAgree, type Judged, saidBy, saysOutside } from './judge.ts';

/**
 * What a developer would get from the textbook: one linear support vector machine over tf-idf n-grams of the message
 * with a class per whole answer, its softmax as confidence. No cache, no gate, no acceptor, no slots. Accuracy is that of
 * a machine trained on all rows; what is served is decided by one that left a fifth of them (clusters of near duplicates
 * kept whole) for the same certification as a student's, with out-of-fold scores as its validation.
 */
export async function linearPeer(
  learned: readonly Asked[],
  test: readonly Asked[],
  epsilon: number,
): Promise<Judged[]> {
  const answers = frequent(
    learned.map((asked) => asked.whole),
    mostAnswers,
  );
  const raw = learned.map((asked) => rawFeatures([asked.input]));
  const classes = Int32Array.from(learned, (asked) => answers.indexOf(asked.whole));
  const clusters = nearDuplicateClusters(learned.map((asked) => asked.input));
  const folds = Array.from(clusters, (cluster) => ((cluster * 2_654_435_761) >>> 0) % 5);
  const all = learned.map((_, i) => i);
  const teach = async (rows: readonly number[]): Promise<Machine> => {
    const own = rows.filter((i) => classes[i]! >= 0);
    const vocabulary = buildVocabulary(own.map((i) => raw[i]!));
    const data = vectorise(
      vocabulary,
      own.map((i) => raw[i]!),
    );
    const labels = Int32Array.from(own, (i) => classes[i]!);
    const numbers = Int32Array.from(own, (_, k) => k);
    const features = vocabulary.hashes.length;
    const head = await trainLinear({ data, features, rows: numbers, labels, classes: answers.length });
    return { vocabulary, head };
  };
  const inside = all.filter((i) => folds[i] !== 0);
  const held: { row: number; logits: Float64Array }[] = [];
  for (const fold of [1, 2, 3, 4]) {
    const machine = await teach(inside.filter((i) => folds[i] !== fold));
    const outside = inside.filter((i) => folds[i] === fold);
    const logits = score(
      machine,
      outside.map((i) => raw[i]!),
    );
    outside.forEach((row, k) => {
      held.push({ row, logits: logits[k]! });
    });
  }
  const known = held.filter(({ row }) => classes[row]! >= 0);
  const temperature = fitTemperature(
    known.map(({ logits }) => logits),
    known.map(({ row }) => classes[row]!),
  );
  const guess = (logits: Float64Array): { whole: string; confidence: number } => {
    const p = softmax(logits, temperature);
    const best = p.reduce((top, value, k) => (value > p[top]! ? k : top), 0);
    return { whole: answers[best]!, confidence: p[best]! };
  };
  const scored = (asked: Asked, logits: Float64Array): Scored => {
    const { whole, confidence } = guess(logits);
    const agree = whole === asked.whole;
    return { callId: '', atMs: 0, confidence, agree, answered: true, bucket: 'all', cached: false };
  };
  const part = await teach(inside);
  const calibration = oncePerCluster(
    all.filter((i) => folds[i] === 0),
    clusters,
  );
  const calibrated = score(
    part,
    calibration.map((i) => raw[i]!),
  ).map((logits, k) => scored(learned[calibration[k]!]!, logits));
  const outcome = certify(
    held.map(({ row, logits }) => scored(learned[row]!, logits)),
    calibrated,
    { epsilon, delta: 0.05 },
  );
  const inputs = test.map((asked) => rawFeatures([asked.input]));
  const byPart = score(part, inputs);
  return score(await teach(all), inputs).map((logits, i): Judged => {
    const asked = test[i]!;
    const { whole, confidence } = guess(logits);
    return {
      asked,
      confidence,
      agree: whole === asked.whole,
      served: serves(outcome, scored(asked, byPart[i]!)),
      withheld: false,
      fields: fieldsAgree(asked.said, saidBy(whole)),
      saidOutside: saysOutside(asked, saidBy(whole)),
    };
  });
}

/** More answers than this are no closed set; the rarest are given up. */
const mostAnswers = 500;

interface Machine {
  readonly vocabulary: Vocabulary;
  readonly head: LinearHead;
}

function score({ vocabulary, head }: Machine, raw: readonly ReturnType<typeof rawFeatures>[]) {
  const data: SparseRows = vectorise(vocabulary, raw);
  return raw.map((_, row) => {
    const logits = new Float64Array(head.classes);
    scoreRow(head, data, row, logits);
    return logits;
  });
}

function frequent(values: readonly string[], limit: number): string[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, limit)
    .map(([value]) => value);
}

function oncePerCluster(rows: readonly number[], clusters: Int32Array): number[] {
  const seen = new Set<number>();
  return rows.filter((i) => !seen.has(clusters[i]!) && seen.add(clusters[i]!));
}
