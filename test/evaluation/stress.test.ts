import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { certify } from '../../src/evaluation/certify.ts';
import type { Scored } from '../../src/evaluation/prediction.ts';
import { stressFloor } from '../../src/evaluation/stress.ts';

const options = { epsilon: 0.02, share: 0.1 };

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

test('without strange rows there is no floor', () => {
  const { known } = draw(500, 1);
  assert.equal(
    stressFloor(known, { known: known.map((r) => r.confidence), strange: [] }, options),
    Number.NEGATIVE_INFINITY,
  );
});

test('above the floor the promise holds with a tenth of the calls of kinds never seen', () => {
  const { known, strange } = draw(4000, 2);
  const sureness = { known: known.map((r) => r.confidence), strange: strange.map((r) => r.confidence) };
  const floor = stressFloor(known, sureness, options);
  assert.ok(floor > 0 && floor < 1, String(floor));
  const fresh = draw(20_000, 3);
  const mixed = [...fresh.known.slice(0, 18_000), ...fresh.strange.slice(0, 2000)].filter(
    (r) => r.confidence >= floor,
  );
  const risk = mixed.filter((r) => !r.agree).length / mixed.length;
  assert.ok(risk < 0.025, String(risk));
  const looser = [...fresh.known.slice(0, 18_000), ...fresh.strange.slice(0, 2000)].filter(
    (r) => r.confidence >= floor / 2,
  );
  assert.ok(looser.filter((r) => !r.agree).length / looser.length > 0.02);
});

test('where strange inputs are as sure as known ones nothing is served', () => {
  const { known } = draw(1000, 4);
  const all = known.map((r) => r.confidence);
  assert.equal(
    stressFloor(known, { known: all, strange: all }, { epsilon: 0.02, share: 0.5 }),
    Number.POSITIVE_INFINITY,
  );
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
