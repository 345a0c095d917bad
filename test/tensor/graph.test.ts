import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matrixFlops, peakBytes } from '../../src/tensor/cost.ts';
import { BATCH, constant, input, LENGTH, topological } from '../../src/tensor/graph.ts';
import * as ops from '../../src/tensor/ops.ts';
import { broadcast } from '../../src/tensor/shapes.ts';

const x = input('x', 'f32', [2, 3]);
const y = input('y', 'f32', [3, 4]);
const ids = input('ids', 'i32', [2]);

test('shapes are known when a value is made', () => {
  assert.deepEqual(ops.matmul(x, y).shape, [2, 4]);
  assert.deepEqual(ops.reduceSum(x, [1], true).shape, [2, 1]);
  assert.deepEqual(ops.transpose(x, [1, 0]).shape, [3, 2]);
  assert.deepEqual(ops.gather(y, ids).shape, [2, 4]);
  assert.equal(ops.less(x, x).dtype, 'bool');
});

test('symbols pass through', () => {
  const tokens = input('t', 'f32', [BATCH, LENGTH, 4]);
  assert.deepEqual(ops.matmul(tokens, input('w', 'f32', [4, 5])).shape, [BATCH, LENGTH, 5]);
  assert.deepEqual(ops.reshape(tokens, [BATCH, LENGTH, 2, 2]).shape, [BATCH, LENGTH, 2, 2]);
  assert.throws(() => ops.reshape(tokens, [BATCH, 4]), /cannot be reshaped/);
});

test('what does not fit is named when it is made', () => {
  const wrong: [() => unknown, RegExp][] = [
    [() => ops.matmul(x, x), /inner dimensions differ: \[2,3\] x \[2,3\]/],
    [() => ops.gemm(x, y, { transA: true }), /inner dimensions differ/],
    [() => ops.add(x, y), /do not broadcast/],
    [() => ops.add(x, ids), /mixed types f32 and i32/],
    [() => ops.where(x, x, x), /expected bool, got f32/],
    [() => ops.reduceSum(x, [2]), /has no axis 2/],
    [() => ops.reshape(x, [4]), /cannot be reshaped/],
    [() => ops.transpose(x, [0, 0]), /no permutation/],
    [() => ops.concat([x, y], 0), /cannot concatenate/],
    [() => ops.slice(x, 1, 2, 5), /no slice 2..5/],
    [() => ops.gather(x, y), /expected i32/],
    [() => constant('f32', [3], new Float32Array(2)), /was given 2 numbers/],
  ];
  for (const [make, message] of wrong) assert.throws(make, message);
});

test('broadcasting is commutative and keeps the larger dimension', () => {
  const shape = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 });
  fc.assert(
    fc.property(shape, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), (full, thin) => {
      const other = full.map((d, i) => (thin[i] ? 1 : d));
      assert.deepEqual(broadcast(full, other), full);
      assert.deepEqual(broadcast(other, full), full);
    }),
  );
});

test('every value comes after the values it is made of, once', () => {
  let v = ops.add(x, x);
  for (let i = 0; i < 5000; i++) v = ops.mul(v, i % 3 === 0 ? x : v);
  const order = topological([v, x]);
  const place = new Map(order.map((value, i) => [value, i]));
  assert.equal(place.size, order.length);
  for (const { source } of order)
    if (source.kind === 'node') for (const from of source.inputs) assert.ok(place.get(from)! < order.length);
  assert.equal(order.at(-1), v);
});

test('the cost of a graph counts its matrix products and its live memory', () => {
  const graph = { outputs: { z: ops.relu(ops.matmul(x, y)) }, updates: {} };
  assert.equal(matrixFlops(graph), 2 * 2 * 3 * 4);
  assert.equal(matrixFlops({ outputs: { z: ops.gemm(x, x, { transA: true }) }, updates: {} }), 2 * 3 * 2 * 3);
  // x and y with the product (26 numbers), then the product with its relu (16).
  assert.equal(peakBytes(graph), 4 * (6 + 12 + 8));
});
