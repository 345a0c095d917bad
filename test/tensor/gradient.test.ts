import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { probeDevices } from '../../src/onnx/devices.ts';
import { type Device, type HostTensor, isHalf } from '../../src/onnx/runtime.ts';
import { createSession } from '../../src/onnx/session.ts';
import { gradients } from '../../src/tensor/gradient.ts';
import type { Value } from '../../src/tensor/graph.ts';
import { constant, input, sizeOf, topological } from '../../src/tensor/graph.ts';
import { halveProducts } from '../../src/tensor/half.ts';
import { add, mul, number, type OpName, opNames, reduceSum, slice } from '../../src/tensor/ops.ts';
import { rules } from '../../src/tensor/rules.ts';
import type { Case } from './cases.ts';
import { cases } from './cases.ts';

/** Invariant 7: every op has a gradient rule or an explicit reason not to; each rule is checked by finite differences. */

const probes = await probeDevices();

/** In half precision only these differ: products, and what has one in its gradient. */
const ofProducts: readonly OpName[] = ['MatMul', 'Gemm', 'Gather'];

for (const { device, available, detail } of probes) {
  for (const op of opNames) {
    const rule = rules[op];
    if (typeof rule !== 'function' || (isHalf(device) && !ofProducts.includes(op))) continue;
    for (const one of cases[op]) {
      const skip = available ? false : `no ${device} here: ${detail.split('\n')[0]}`;
      test(`${op}: the gradient equals finite differences on ${device} (${one.name})`, { skip }, () =>
        check(one, device),
      );
    }
  }
}

test('every op has a gradient rule that is checked, or a reason in words', () => {
  for (const op of opNames) {
    const rule = rules[op];
    assert.ok(cases[op].length > 0, op);
    if (typeof rule !== 'function') assert.match(rule.none, /\w+ \w+/, op);
  }
  assert.deepEqual(Object.keys(rules).sort(), [...opNames].sort());
});

test('an op without a rule names itself when a gradient is asked through it', () => {
  const x = input('x', 'f32', [4]);
  const at = input('at', 'i64', [1]);
  const [windowed] = cases.Window;
  const loss = reduceSum(windowed!.build([x], [at, at]), [0]);
  assert.throws(() => gradients(loss, [x]), /No gradient through Window: .*random numbers/);
});

test('a value used twice collects both gradients', async () => {
  const x = input('x', 'f32', [3]);
  const [g] = gradients(reduceSum(mul(x, x), [0]), [x]);
  const session = await createSession({ outputs: { g: g! }, updates: {} }, 'cpu', { threads: 1 });
  const { g: result } = await session.run({
    x: { dtype: 'f32', shape: [3], data: Float32Array.of(1, 2, 3) },
  });
  await session.dispose();
  assert.deepEqual([...result!.data], [2, 4, 6]);
});

test('slices that cover a value give its gradient side by side, those that leave a gap are padded', async () => {
  const x = input('x', 'f32', [4]);
  const weighed = (start: number, end: number, by: number): Value =>
    reduceSum(mul(slice(x, 0, start, end), number(by)), [0]);
  const gradientOf = async (loss: Value): Promise<{ ops: string[]; numbers: number[] }> => {
    const [g] = gradients(loss, [x]);
    const ops = topological([g!]).flatMap(({ source }) => (source.kind === 'node' ? [source.op] : []));
    const session = await createSession({ outputs: { g: g! }, updates: {} }, 'cpu', { threads: 1 });
    const { g: result } = await session.run({});
    await session.dispose();
    return { ops, numbers: [...result!.data].map(Number) };
  };
  const whole = await gradientOf(add(weighed(2, 4, 5), weighed(0, 2, 3)));
  assert.deepEqual(whole.numbers, [3, 3, 5, 5]);
  assert.ok(!whole.ops.includes('Pad') && whole.ops.includes('Concat'));
  assert.deepEqual((await gradientOf(add(weighed(0, 1, 3), weighed(2, 4, 5)))).numbers, [3, 0, 5, 5]);
  assert.deepEqual((await gradientOf(add(weighed(0, 3, 3), weighed(2, 4, 5)))).numbers, [3, 3, 8, 5]);
});

test('a parameter that the loss does not use gets zeros', async () => {
  const [x, y] = [input('x', 'f32', [2]), input('y', 'f32', [3])];
  const [g] = gradients(reduceSum(x, [0]), [y]);
  const session = await createSession({ outputs: { g: g! }, updates: {} }, 'cpu', { threads: 1 });
  assert.deepEqual([...(await session.run({}))['g']!.data], [0, 0, 0]);
  await session.dispose();
});

/**
 * Compares d sum(c * f(x)) / dx, with random weights c, against central differences of the same graph. In f32 a step of
 * 1e-2 leaves an error of about 1e-3 relative to the curvature of these cases. Half precision rounds by half of 1e-3, so
 * its steps are larger; products have no curvature.
 */
async function check(one: Case, device: Device): Promise<void> {
  const xs = one.inputs.map(({ shape }, i) => input(`x${i}`, 'f32', shape));
  const fixed = (one.fixed ?? []).map((f, i) => input(`f${i}`, f.dtype, f.shape));
  const output = one.build(xs, fixed);
  const loss = weightedSum(output);
  const gs = gradients(loss, xs);
  const values = isHalf(device) ? halveProducts([loss, ...gs]) : [loss, ...gs];
  const outputs = Object.fromEntries(values.map((value, i) => [i === 0 ? 'loss' : `g${i - 1}`, value]));
  const session = await createSession({ outputs, updates: {} }, device, { threads: 1 });
  const feeds: Record<string, HostTensor> = {};
  for (const [i, { shape, data }] of one.inputs.entries()) feeds[`x${i}`] = { dtype: 'f32', shape, data };
  for (const [i, f] of (one.fixed ?? []).entries()) feeds[`f${i}`] = f;
  const exact = await session.run(feeds);
  const [step, tolerance] = isHalf(device) ? [0.5, 1e-2] : [1e-2, 5e-3];
  for (const [i, { shape, data }] of one.inputs.entries()) {
    const lossAt = async (at: number, by: number): Promise<number> => {
      const moved = data.slice();
      moved[at] = moved[at]! + by;
      const { loss } = await session.run({ ...feeds, [`x${i}`]: { dtype: 'f32', shape, data: moved } });
      return Number(loss!.data[0]);
    };
    for (let at = 0; at < data.length; at++) {
      const difference = ((await lossAt(at, step)) - (await lossAt(at, -step))) / (2 * step);
      const actual = Number(exact[`g${i}`]!.data[at]);
      assert.ok(
        Math.abs(difference - actual) <= tolerance * (1 + Math.abs(difference)),
        `input ${i}, element ${at}: rule ${actual}, differences ${difference}`,
      );
    }
  }
  await session.dispose();
}

function weightedSum(value: Value): Value {
  const random = createRandom('weights of the sum');
  const n = sizeOf(value.shape);
  const data = Float32Array.from({ length: n }, () => 0.5 + random.next());
  return reduceSum(
    mul(value, constant('f32', value.shape, data)),
    value.shape.map((_, i) => i),
  );
}
