import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Capability, Catalogue, Verdict } from '../../src/capabilities/capability.ts';
import { coverageCurve } from '../../src/capabilities/curve.ts';

const capabilities = ['a', 'b', 'c', 'd'].map((name) => ({ id: `label:${name}`, name }) as Capability);
const catalogue = {
  capabilities,
  shapes: [
    { needs: [1], calls: 50, examples: 50 },
    { needs: [0], calls: 30, examples: 30 },
    { needs: [0, 2], calls: 15, examples: 15 },
    { needs: [2, 3], calls: 5, examples: 5 },
  ],
} as unknown as Catalogue;

function curveOf(...verdicts: readonly Verdict[]): string[] {
  return coverageCurve(catalogue, verdicts).map(
    ({ capabilities: n, coverage, verdict }) => `${n} ${coverage} ${verdict}`,
  );
}

test('each further capability covers the most calls still open', () => {
  assert.deepEqual(curveOf('keep', 'keep', 'keep', 'keep'), [
    '0 0 null',
    '1 0.5 keep',
    '2 0.8 keep',
    '3 0.95 keep',
    '4 1 keep',
  ]);
});

test('the kept set is a point of the curve, and what the others would add comes after it', () => {
  assert.deepEqual(curveOf('keep', 'route', 'keep', 'not yet'), [
    '0 0 null',
    '1 0.3 keep',
    '2 0.45 keep',
    '3 0.95 route',
    '4 1 not yet',
  ]);
});
