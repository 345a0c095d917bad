import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedViolations, burstsKept, burstyPopulation, noises, population, promiseKept } from './draws.ts';

/** The bounded form of `npm run bench -- promise`: seeded, so it gives the same figures everywhere. */
const trial = { epsilon: 0.02, delta: 0.05, calibration: 500, validation: 500, draws: 150, seed: 2 };

for (const [name, noise] of Object.entries(noises))
  test(`the promise is kept over many calibration draws: ${name}`, () => {
    const kept = promiseKept(population(noise), trial);
    for (const method of ['certify', 'each', 'joint', 'sfst'] as const)
      assert.ok(
        kept[method].violations <= allowedViolations(trial),
        `${method}: ${kept[method].violations} of the draws break it`,
      );
  });

test('the promise is kept where confidences tie', () => {
  const { certify } = promiseKept(population(noises['rising']!, { levels: 12 }), trial);
  assert.ok(certify.violations <= allowedViolations(trial));
});

test('the check can fail: a threshold picked by its plain rate breaks the promise', () => {
  const { naive, 'clopper-pearson': uncorrected } = promiseKept(
    population(noises['flat just above 2 %']!),
    trial,
  );
  assert.ok(naive.violations > 0.5);
  assert.ok(uncorrected.violations > allowedViolations(trial));
});

test('screening buckets certifies what one threshold for all cannot', () => {
  const larger = { ...trial, calibration: 2000, validation: 2000, draws: 40 };
  const { certify, sfst } = promiseKept(population(noises['bad buckets']!), larger);
  assert.ok(certify.coverage > sfst.coverage + 0.1, `${certify.coverage} against ${sfst.coverage}`);
});

test('bursts of near duplicates keep the promise counted once each, and break it counted row by row', () => {
  const few = { ...trial, calibration: 400 };
  const { rows, once } = burstsKept(burstyPopulation(noises['flat just above 2 %']!), few);
  assert.ok(once <= allowedViolations(few), `${once} of the draws break it`);
  assert.ok(rows > allowedViolations(few), `${rows} of the draws break it`);
});
