import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { certify } from '../../src/evaluation/certify.ts';
import type { Scored } from '../../src/evaluation/prediction.ts';
import { type Stranger, shareOfNewKinds, strangeFloor } from '../../src/evaluation/strange.ts';

function row(confidence: number, agree: boolean, i: number): Scored {
  return { callId: String(i), atMs: i, confidence, agree, answered: true, bucket: 'label:a', cached: false };
}

/** Known rows err rarely and less the surer they are; strange ones are mostly, not always, less sure. */
function draw(n: number, seed: number) {
  const random = createRandom(seed);
  const known = Array.from({ length: n }, (_, i) => {
    const confidence = random.next();
    return row(confidence, random.next() > 0.03 * (1 - confidence), i);
  });
  const strange = Array.from({ length: n }, (_, i) => row(random.next() ** 8, false, i));
  return { known, strange };
}

const sure = (rows: readonly Scored[]): number[] => rows.map((r) => r.confidence);
const strangers = (rows: readonly Scored[], kinds = 1): Stranger[] =>
  rows.map(({ confidence }, i) => ({ confidence, kind: i % kinds }));

test('without strange rows there is no floor', () => {
  const { known } = draw(500, 1);
  assert.equal(
    strangeFloor(known, { known: sure(known), strange: [], share: null }, 0.02),
    Number.NEGATIVE_INFINITY,
  );
});

test('above the floor hardly any call of a kind never seen is answered', () => {
  const { known, strange } = draw(4000, 2);
  const floor = strangeFloor(known, { known: sure(known), strange: strangers(strange), share: null }, 0.02);
  assert.ok(floor > 0 && floor < 1, String(floor));
  const fresh = draw(20_000, 3).strange;
  const slipped = (at: number): number => fresh.filter((r) => r.confidence >= at).length / fresh.length;
  assert.ok(slipped(floor) < 0.025, String(slipped(floor)));
  assert.ok(slipped(floor) > 0.01, 'and no stricter than it has to be');
});

test('the rarer new kinds are taken to be, the lower the floor, and the promise survives so many of them', () => {
  const { known, strange } = draw(4000, 2);
  const fresh = draw(20_000, 3);
  const riskAt = (floor: number, share: number): number => {
    const at = (rows: readonly Scored[]) => rows.filter((r) => r.confidence >= floor);
    const wrong = at(fresh.known).filter((r) => !r.agree).length;
    const slipped = share * at(fresh.strange).length;
    return ((1 - share) * wrong + slipped) / ((1 - share) * at(fresh.known).length + slipped);
  };
  const floorAt = (share: number): number =>
    strangeFloor(known, { known: sure(known), strange: strangers(strange), share }, 0.02);
  const shares = [0.12, 0.06, 0.03];
  const floors = [1, ...shares.map(floorAt), 0];
  assert.ok(
    floors.every((floor, i) => i === 0 || floor < floors[i - 1]!),
    `${floors}`,
  );
  for (const share of shares) {
    const [risk, twice] = [riskAt(floorAt(share), share), riskAt(floorAt(share), 2 * share)];
    assert.ok(risk < 0.022, `${share}: ${risk}`);
    assert.ok(twice > 0.022, `and does not survive twice as many: ${twice}`);
  }
  assert.equal(floorAt(0), Number.NEGATIVE_INFINITY, 'nobody reckons with any');
});

test('new kinds come where the newer half has enough of what the older half has not', () => {
  const old = Array.from({ length: 500 }, (_, i) => i % 7);
  const newer = (every: number): number[] => old.map((kind, i) => (i % every === 0 ? 9 : kind));
  assert.equal(shareOfNewKinds([...old, ...newer(50)]), null);
  assert.ok(shareOfNewKinds([...old, ...newer(100)]) !== null, 'the end of a long tail');
  assert.ok(shareOfNewKinds([...newer(50), ...old]) !== null, 'what was there and went');
});

test('steady traffic lets one more kind be expected, as common as a usual one, within bounds', () => {
  const even = (rows: number, kinds: number): number[] => Array.from({ length: rows }, (_, i) => i % kinds);
  const near = (kinds: readonly number[], share: number): void => {
    const shown = shareOfNewKinds(kinds);
    assert.ok(shown !== null && Math.abs(shown - share) < 0.002, `${shown} for ${share}`);
  };
  near(even(4000, 25), 0.04);
  near(even(4000, 6), 0.1);
  near(even(4000, 400), 0.01);
  // One kind of most calls does not make the others common.
  near(
    even(4000, 100).map((kind) => (kind < 80 ? 100 : kind)),
    0.01,
  );
});

test('fewer calls show less of what may come', () => {
  const kinds = (rows: number): number[] => Array.from({ length: rows }, (_, i) => i % 30);
  assert.equal(shareOfNewKinds([]), 0.1);
  assert.ok(Math.abs(shareOfNewKinds(kinds(100))! - 0.058) < 0.002, '3 / 50');
  assert.ok(Math.abs(shareOfNewKinds(kinds(600))! - 0.033) < 0.002, 'the share of one kind');
  const tail = [...kinds(600), ...kinds(600).map((kind, i) => (i % 120 === 0 ? 1000 + i : kind))];
  assert.ok(shareOfNewKinds(tail)! > 0.01, 'rare kinds that came are reckoned with');
});

test('one kind in ten that is answered like a known one raises no floor, two in ten do', () => {
  const { known, strange } = draw(4000, 8);
  const of = (alike: number): Stranger[] =>
    strangers(strange, 10).map((s) => (s.kind < alike ? { ...s, confidence: 1 } : s));
  const floorOf = (alike: number): number =>
    strangeFloor(known, { known: sure(known), strange: of(alike), share: null }, 0.02);
  assert.ok(Math.abs(floorOf(1) - floorOf(0)) < 0.03, `${floorOf(1)} against ${floorOf(0)}`);
  assert.equal(floorOf(2), Number.POSITIVE_INFINITY);
});

test('where strange inputs are as sure as known ones almost nothing is served', () => {
  const { known } = draw(1000, 4);
  const floor = strangeFloor(known, { known: sure(known), strange: strangers(known), share: null }, 0.02);
  assert.ok(known.filter((r) => r.confidence >= floor).length <= 0.02 * known.length);
  const surer = { known: sure(known), strange: known.map(() => ({ confidence: 2, kind: 0 })), share: null };
  assert.equal(strangeFloor(known, surer, 0.02), Number.POSITIVE_INFINITY);
});

test('rows without an answer move no floor, on either side', () => {
  const { known, strange } = draw(4000, 9);
  const floorOf = (validation: readonly Scored[], tried: readonly number[]): number =>
    strangeFloor(validation, { known: tried, strange: strangers(strange), share: null }, 0.02);
  const whole = floorOf(known, sure(known));
  const silent = known.map((r, i) => (i % 3 === 0 ? { ...r, answered: false } : r));
  const quiet = sure(known).map((c, i) => (i % 4 === 0 ? Number.NEGATIVE_INFINITY : c));
  for (const floor of [floorOf(silent, sure(known)), floorOf(known, quiet), floorOf(silent, quiet)])
    assert.ok(Math.abs(floor - whole) < 0.03, `${floor} against ${whole}`);
});

test('a certificate never reaches below the floor', () => {
  const { known } = draw(4000, 5);
  const { known: calibration } = draw(4000, 6);
  const free = certify(known, calibration, { epsilon: 0.02, delta: 0.05 });
  const held = certify(known, calibration, { epsilon: 0.02, delta: 0.05, floor: 0.7 });
  assert.ok(free.kind === 'certified' && free.certificate.threshold < 0.7);
  assert.ok(held.kind === 'certified' && held.certificate.threshold >= 0.7);
  assert.ok(held.certificate.coverage < free.certificate.coverage);
});

test('a floor that nothing reaches is a refusal that says why', () => {
  const { known } = draw(2000, 7);
  const outcome = certify(known, known, { epsilon: 0.02, delta: 0.05, floor: Number.POSITIVE_INFINITY });
  assert.equal(outcome.kind, 'refused');
  assert.match(outcome.kind === 'refused' ? outcome.reason : '', /never seen/);
});
