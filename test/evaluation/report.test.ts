import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certify } from '../../src/evaluation/certify.ts';
import type { Scored } from '../../src/evaluation/prediction.ts';
import { evaluate, riskCoverage } from '../../src/evaluation/report.ts';
import { noises, population } from './draws.ts';

const traffic = population(noises['rising']!, { rows: 9000, unanswered: 0.1 });
const held = traffic.slice(6000);
const outcome = certify(traffic.slice(0, 3000), traffic.slice(3000, 6000), { epsilon: 0.02, delta: 0.05 });
const report = evaluate(held, outcome);

function row(confidence: number, agree: boolean, change: Partial<Scored> = {}): Scored {
  return {
    callId: '',
    atMs: 0,
    confidence,
    agree,
    answered: true,
    bucket: 'label:a',
    cached: false,
    ...change,
  };
}

test('coverage and disagreement are those of the calls the outcome serves', () => {
  assert.equal(outcome.kind, 'certified');
  assert.equal(report.n, 3000);
  assert.ok(report.coverage > 0.3 && report.coverage < 0.9);
  assert.equal(report.disagreement.n, Math.round(report.coverage * 3000));
  assert.ok(report.disagreement.rate <= report.disagreement.upper);
});

test('a refused student serves nothing and is still described', () => {
  const refused = evaluate(held, { kind: 'refused', reason: 'too few', joint: null });
  assert.equal(refused.coverage, 0);
  assert.equal(refused.disagreement.n, 0);
  assert.deepEqual(refused.agreement, report.agreement);
  assert.deepEqual(refused.curve, report.curve);
});

test('calls without an answer cost coverage and are told, and are no disagreement', () => {
  const left = row(0.8, true, { answered: false, bucket: 'label:b' });
  const report = evaluate([row(0.9, true), left], outcome);
  assert.equal(report.agreement.rate, 1);
  assert.equal(report.agreement.n, 1);
  assert.equal(report.unanswered?.rate, 0.5);
  assert.deepEqual(
    report.buckets.map(({ bucket, n, agreement }) => [bucket, n, agreement.n]),
    [
      ['label:a', 1, 1],
      ['label:b', 1, 0],
    ],
  );
  assert.equal(report.curve['0.01'], 0.5);
});

test('the curve says how much could be served at each share of disagreement', () => {
  const rows = [row(0.9, true), row(0.8, true), row(0.7, false), row(0.6, true)];
  assert.deepEqual(riskCoverage(rows), [
    { coverage: 0.25, risk: 0, threshold: 0.9 },
    { coverage: 0.5, risk: 0, threshold: 0.8 },
    { coverage: 0.75, risk: 1 / 3, threshold: 0.7 },
    { coverage: 1, risk: 0.25, threshold: 0.6 },
  ]);
  assert.deepEqual(evaluate(rows, outcome).curve, { '0.01': 0.5, '0.02': 0.5, '0.05': 0.5 });
  assert.ok(report.curve['0.01']! <= report.curve['0.02']! && report.curve['0.02']! <= report.curve['0.05']!);
});

test('calls of equal confidence are one point of the curve', () => {
  assert.deepEqual(riskCoverage([row(0.5, true), row(0.5, false)]), [
    { coverage: 1, risk: 0.5, threshold: 0.5 },
  ]);
});

test('the picture keeps the ends of the curve and stays small', () => {
  assert.ok(report.riskCoverage.length <= 122);
  assert.equal(report.riskCoverage.at(-1)?.coverage, riskCoverage(held).at(-1)?.coverage);
});

test('exact repeats are counted apart and are not the merit of the student', () => {
  const rows = [row(1, true, { cached: true }), row(0.9, true), row(0.8, false)];
  const report = evaluate(rows, outcome);
  assert.equal(report.cached, 1);
  assert.deepEqual([report.novelAgreement.hits, report.novelAgreement.n], [1, 2]);
});

test('buckets add up to the whole, the largest first', () => {
  const sum = (pick: (bucket: (typeof report.buckets)[number]) => number): number =>
    report.buckets.reduce((total, bucket) => total + pick(bucket), 0);
  assert.equal(
    sum((bucket) => bucket.n),
    report.n,
  );
  assert.equal(
    sum((bucket) => bucket.served),
    report.disagreement.n,
  );
  assert.equal(
    sum((bucket) => bucket.disagreement.hits),
    report.disagreement.hits,
  );
  for (let i = 1; i < report.buckets.length; i++) assert.ok(report.buckets[i - 1]!.n >= report.buckets[i]!.n);
});

test('an empty evaluation has no NaN', () => {
  assert.ok(!JSON.stringify(evaluate([], outcome)).includes('null'));
});
