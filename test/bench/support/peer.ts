import { fitTemperature, softmax } from '../../../src/evaluation/calibrate.ts';
import { certify } from '../../../src/evaluation/certify.ts';
import type { Scored } from '../../../src/evaluation/prediction.ts';
import { rawFeatures } from '../../../src/student/wide/features.ts';
import { scoreRow, trainLinear } from '../../../src/student/wide/linear.ts';
import { buildVocabulary, vectorise } from '../../../src/student/wide/vocabulary.ts';
import { coverageAt, type Row, share } from './scores.ts';

/**
 * What a developer would get from the textbook: one linear support vector machine over tf-idf n-grams of the message, its
 * softmax as confidence, the threshold certified on a fifth of the training lines. No cache, no gate, no acceptor.
 */
export interface PeerRow {
  readonly text: string;
  readonly label: string;
}

export interface PeerResult {
  readonly accuracy: number;
  readonly coverage2: number;
  readonly coverage3: number;
  /** Share of the test lines above the certified threshold; 0 where nothing is certified. */
  readonly certified: number;
  readonly rows: readonly (Row & { readonly label: string })[];
}

export async function linearPeer(
  train: readonly PeerRow[],
  test: readonly PeerRow[],
  epsilon: number,
): Promise<PeerResult> {
  const labels = [...new Set(train.map((row) => row.label))];
  const numbers = new Map(labels.map((label, k) => [label, k]));
  const raw = train.map((row) => rawFeatures([row.text]));
  const fitRows = train.map((_, i) => i).filter((i) => i % 5 !== 0);
  const heldRows = train.map((_, i) => i).filter((i) => i % 5 === 0);
  const vocabulary = buildVocabulary(fitRows.map((i) => raw[i]!));
  const data = vectorise(vocabulary, raw);
  const rows = Int32Array.from(fitRows);
  const classes = Int32Array.from(fitRows, (i) => numbers.get(train[i]!.label)!);
  const head = await trainLinear(data, vocabulary.hashes.length, rows, classes, labels.length);
  const logitsOf = (source: typeof data, row: number): Float64Array => {
    const out = new Float64Array(labels.length);
    scoreRow(head, source, row, out);
    return out;
  };
  const held = heldRows.map((i) => logitsOf(data, i));
  const temperature = fitTemperature(
    held,
    heldRows.map((i) => numbers.get(train[i]!.label)!),
  );
  const judge = (logits: Float64Array, label: string): Row & { label: string } => {
    const p = softmax(logits, temperature);
    const best = p.indexOf(Math.max(...p));
    return { confidence: p[best]!, agree: labels[best] === label, label };
  };
  const calibration = held.map((logits, h) => judge(logits, train[heldRows[h]!]!.label));
  const heldOut = vectorise(
    vocabulary,
    test.map((row) => rawFeatures([row.text])),
  );
  const results = test.map((row, i) => judge(logitsOf(heldOut, i), row.label));
  const scored = (part: readonly Row[]): Scored[] =>
    part.map((row, i) => ({ ...row, callId: `${i}`, atMs: i, answered: true, bucket: 'all', cached: false }));
  const outcome = certify(
    scored(calibration.filter((_, i) => i % 2 === 0)),
    scored(calibration.filter((_, i) => i % 2 === 1)),
    { epsilon, delta: 0.05 },
  );
  const threshold = outcome.kind === 'certified' ? outcome.certificate.threshold : Number.POSITIVE_INFINITY;
  return {
    accuracy: share(results, (row) => row.agree),
    coverage2: coverageAt(results, 0.02),
    coverage3: coverageAt(results, 0.03),
    certified: share(results, (row) => row.confidence >= threshold),
    rows: results,
  };
}
