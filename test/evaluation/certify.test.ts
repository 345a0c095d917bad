import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import type { CertificationOutcome } from '../../src/evaluation/certificate.ts';
import { certify, serves } from '../../src/evaluation/certify.ts';
import type { Scored } from '../../src/evaluation/prediction.ts';
import { noises, population } from './draws.ts';

const options = { epsilon: 0.02, delta: 0.05 };

function scored(n: number, change: (i: number) => Partial<Scored> = () => ({})): Scored[] {
  return Array.from({ length: n }, (_, i) => ({
    callId: String(i),
    atMs: i,
    confidence: 1 - i / n,
    agree: true,
    answered: true,
    bucket: 'label:a',
    cached: false,
    ...change(i),
  }));
}

function certified(outcome: CertificationOutcome): Extract<CertificationOutcome, { kind: 'certified' }> {
  assert.equal(outcome.kind, 'certified', outcome.kind === 'refused' ? outcome.reason : '');
  return outcome as Extract<CertificationOutcome, { kind: 'certified' }>;
}

function refused(outcome: CertificationOutcome): string {
  assert.equal(outcome.kind, 'refused');
  return outcome.kind === 'refused' ? outcome.reason : '';
}

test('certifies a student that agrees, with the figures of its calibration rows', () => {
  const { certificate, buckets, joint } = certified(certify(scored(500), scored(400), options));
  assert.equal(certificate.n, 400);
  assert.equal(certificate.errors, 0);
  assert.equal(certificate.coverage, 1);
  assert.ok(certificate.pValue <= 0.05);
  assert.deepEqual(
    buckets.map(({ bucket, serve, n }) => [bucket, serve, n]),
    [['label:a', true, 400]],
  );
  assert.equal(joint?.coverage, 1);
});

test('refuses with the number of calls that are missing', () => {
  const reason = refused(certify(scored(500), scored(120), options));
  assert.match(reason, /at most 2 % disagreement needs at least 149 served calibration calls/);
  assert.match(reason, /there are 120/);
});

test('refuses with the number of calls that the present quality needs', () => {
  const some = (i: number): Partial<Scored> => ({ confidence: 0.9, agree: i % 100 !== 0 });
  const reason = refused(certify(scored(500, some), scored(300, some), options));
  assert.match(
    reason,
    /needs about [\d,]+ served calibration calls at the student's present quality; there are 300/,
  );
});

test('refuses a student that is wrong where it is surest', () => {
  const wrong = (i: number): Partial<Scored> => ({ agree: i % 4 !== 0 });
  assert.match(
    refused(certify(scored(800, wrong), scored(800, wrong), options)),
    /Of the 800 calls the student is surest of/,
  );
});

test('says how many disagreements would have been few enough where there are only slightly more', () => {
  const reason = refused(
    certify(
      scored(400, () => ({})),
      scored(400, (i) => ({ agree: i % 57 !== 0 })),
      options,
    ),
  );
  assert.match(
    reason,
    /^Of the 400 calls .* 8 disagree with the teacher \(2 %\): too many to prove a promise of at most 2 % disagreement, for which no more than 3 of so many may\.$/u,
  );
});

test('refuses without calibration calls and without answers', () => {
  assert.match(refused(certify(scored(10), [], options)), /no calibration calls/);
  const silent = (): Partial<Scored> => ({ answered: false, agree: false });
  assert.match(
    refused(certify(scored(300, silent), scored(300, silent), options)),
    /agrees with the teacher on 0 of the 300 calls .* sure enough of none/,
  );
});

test('a floor that nothing reaches is the reason where it alone stands in the way', () => {
  const above = { ...options, floor: 2 };
  assert.match(refused(certify(scored(800), scored(800), above)), /a kind it has never seen/);
  const wrong = (i: number): Partial<Scored> => ({ agree: i % 2 === 0 });
  assert.match(refused(certify(scored(800, wrong), scored(800, wrong), above)), /disagree with the teacher/);
});

test('a call without an answer is never served, whatever its confidence says', () => {
  const half = (i: number): Partial<Scored> => ({ answered: i % 2 === 0, agree: i % 2 === 0, confidence: 1 });
  const outcome = certified(certify(scored(1000, half), scored(1000, half), options));
  assert.equal(outcome.certificate.coverage, 0.5);
  assert.equal(outcome.joint?.coverage, 0.5);
  assert.equal(serves(outcome, { confidence: 1, bucket: 'label:a', answered: false }), false);
});

test('a bucket that validation never saw stays with the teacher', () => {
  const mixed = (i: number): Partial<Scored> => ({ bucket: i % 10 === 0 ? 'label:new' : 'label:a' });
  const outcome = certified(certify(scored(500), scored(500, mixed), options));
  assert.equal(serves(outcome, { confidence: 1, bucket: 'label:new', answered: true }), false);
  assert.equal(outcome.certificate.coverage, 0.9);
});

test('a bucket that lies about its confidence is taken away, the others are served', () => {
  const mixed = (i: number): Partial<Scored> =>
    i % 5 === 0 ? { bucket: 'label:bad', agree: i % 15 !== 0 } : { agree: i % 400 !== 1 };
  const outcome = certified(certify(scored(2000, mixed), scored(2000, mixed), options));
  const bad = outcome.buckets.find(({ bucket }) => bucket === 'label:bad');
  assert.equal(bad?.serve, false);
  assert.match(bad?.reason ?? '', /disagreed on validation: more than its confidence explains/);
  assert.ok(outcome.certificate.coverage > 0.75);
});

test('a bucket that never agreed in validation is not served, however few its calls', () => {
  const mixed = (i: number): Partial<Scored> => (i === 7 ? { bucket: 'label:rare', agree: false } : {});
  const outcome = certified(certify(scored(500, mixed), scored(500), options));
  const rare = outcome.buckets.find(({ bucket }) => bucket === 'label:rare');
  assert.equal(rare?.serve, false);
  assert.equal(rare?.reason, 'the only validation call of its kind did not agree');
});

test('a bucket whose calls are all below the floor is said to be unsure, not wrong', () => {
  const mixed = (i: number): Partial<Scored> =>
    i % 50 === 0 ? { bucket: 'label:unsure', confidence: 0.3 } : { confidence: 0.9 };
  const floored = { ...options, floor: 0.5 };
  const outcome = certified(certify(scored(500, mixed), scored(500, mixed), floored));
  const unsure = outcome.buckets.find(({ bucket }) => bucket === 'label:unsure');
  assert.equal(unsure?.serve, false);
  assert.match(unsure?.reason ?? '', /none of its 10 calls in validation was sure enough/);
});

test('a bucket whose errors only calibration shows is taken away there', () => {
  const mixed = (i: number): Partial<Scored> => ({ bucket: i % 50 === 0 ? 'label:rare' : 'label:a' });
  const broken = (i: number): Partial<Scored> => ({ ...mixed(i), agree: i % 50 !== 0 || i % 200 === 0 });
  const outcome = certified(
    certify(scored(2000, mixed), scored(2000, broken), { epsilon: 0.05, delta: 0.05 }),
  );
  const rare = outcome.buckets.find(({ bucket }) => bucket === 'label:rare');
  assert.equal(rare?.serve, false);
  assert.match(rare?.reason ?? '', /30 of 40 calls disagreed on calibration/);
});

test('no bucket has a lower threshold than the certificate', () => {
  const traffic = population(noises['bad buckets']!, { rows: 6000 });
  const outcome = certified(
    certify(traffic.slice(0, 3000), traffic.slice(3000), { epsilon: 0.05, delta: 0.05 }),
  );
  for (const bucket of outcome.buckets) assert.ok(bucket.threshold >= outcome.certificate.threshold);
});

test('where each bucket must keep the promise, only those with enough calls of their own are served', () => {
  const mixed = (i: number): Partial<Scored> => ({ bucket: i % 20 === 0 ? 'label:rare' : 'label:a' });
  const outcome = certified(
    certify(scored(1000, mixed), scored(1000, mixed), { ...options, promise: 'each' }),
  );
  assert.deepEqual(
    outcome.buckets.map(({ bucket, serve }) => [bucket, serve]),
    [
      ['label:a', true],
      ['label:rare', false],
    ],
  );
  assert.match(outcome.buckets[1]!.reason, /needs at least \d+ served calibration calls/);
  assert.equal(outcome.certificate.coverage, 0.95);
});

test('the outcome depends on the rows alone, not on their order', () => {
  const traffic = population(noises['rising']!, { rows: 4000 });
  const [validation, calibration] = [traffic.slice(0, 2000), traffic.slice(2000)];
  const random = createRandom(5);
  assert.deepEqual(
    certify(validation, calibration, options),
    certify(random.shuffle(validation), random.shuffle(calibration), options),
  );
});

test('all of delta goes to the threshold where no bucket has rows enough to be taken away', () => {
  // 152 rows without an error show 2 % at the level of 0.05, and not at nine tenths of it.
  const few = certified(certify(scored(500), scored(152), options));
  assert.ok(few.certificate.pValue > 0.045 && few.certificate.pValue <= 0.05);
  const bad = (i: number): Partial<Scored> =>
    i % 2 === 0 ? { bucket: 'label:b', agree: i % 16 !== 0, confidence: 0.9 } : { confidence: 0.95 };
  const good = (i: number): Partial<Scored> => ({ ...bad(i), agree: true });
  const many = certified(
    certify(
      scored(4000, good),
      scored(40_000, (i) => ({ ...bad(i), agree: i % 64 !== 0 })),
      options,
    ),
  );
  assert.equal(many.buckets.find(({ bucket }) => bucket === 'label:b')?.serve, false);
});
