import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import type { HostTensor } from '../../src/onnx/runtime.ts';
import { createSession } from '../../src/onnx/session.ts';
import type { Shape, Value } from '../../src/tensor/graph.ts';
import { input, sizeOf } from '../../src/tensor/graph.ts';
import * as layers from '../../src/tensor/layers.ts';
import { reshape } from '../../src/tensor/ops.ts';

/** Each layer against a plain loop over the same numbers. */

const random = createRandom('layers');
const draw = (...shape: number[]): HostTensor & { readonly data: Float32Array } => ({
  dtype: 'f32',
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
});
const given = (shape: Shape, ...values: number[]): HostTensor & { readonly data: Float32Array } => ({
  dtype: 'f32',
  shape,
  data: Float32Array.from(values),
});

async function evaluate(
  feeds: Record<string, HostTensor>,
  build: (values: Record<string, Value>) => Value,
): Promise<number[]> {
  const values = Object.fromEntries(
    Object.entries(feeds).map(([name, { dtype, shape }]) => [name, input(name, dtype, shape)]),
  );
  const session = await createSession({ outputs: { y: build(values) }, updates: {} }, 'cpu', { threads: 1 });
  const { y } = await session.run(feeds);
  await session.dispose();
  return [...y!.data].map(Number);
}

function close(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  for (const [i, x] of actual.entries())
    assert.ok(Math.abs(x - expected[i]!) < 1e-4, `element ${i}: ${x}, expected ${expected[i]}`);
}

test('linear multiplies and adds the bias', async () => {
  const feeds = { x: given([1, 2, 2], 1, 2, 3, 4), w: given([2, 1], 10, 1), b: given([1], 0.5) };
  close(await evaluate(feeds, ({ x, w, b }) => layers.linear(x!, w!, b!)), [12.5, 34.5]);
});

test('conv1d equals the loop over windows, with zeros beyond the ends', async () => {
  const [B, L, D, E] = [2, 5, 3, 2];
  for (const width of [1, 2, 3, 4]) {
    const feeds = { x: draw(B, L, D), w: draw(width * D, E), b: draw(E) };
    const expected: number[] = [];
    const before = Math.floor((width - 1) / 2);
    for (let b = 0; b < B; b++)
      for (let l = 0; l < L; l++)
        for (let e = 0; e < E; e++) {
          let sum = feeds.b.data[e]!;
          for (let k = 0; k < width; k++) {
            const at = l + k - before;
            if (at < 0 || at >= L) continue;
            for (let d = 0; d < D; d++)
              sum += feeds.x.data[(b * L + at) * D + d]! * feeds.w.data[(k * D + d) * E + e]!;
          }
          expected.push(sum);
        }
    close(await evaluate(feeds, ({ x, w, b }) => layers.conv1d(x!, w!, b!, width)), expected);
  }
});

for (const T of [3, 2])
  test(`attention of ${T} queries to 3 keys equals the loop over heads and ignores masked keys`, async () => {
    const [B, L, D, heads] = [2, 3, 4, 2];
    const feeds = {
      q: draw(B, T, D),
      k: draw(B, L, D),
      v: draw(B, L, D),
      mask: given([2, 3], 1, 1, 0, 1, 0, 0),
    };
    const size = D / heads;
    const at = (t: Float32Array, b: number, l: number, h: number, i: number): number =>
      t[(b * (t.length / B / D) + l) * D + h * size + i]!;
    const expected = new Array<number>(B * T * D).fill(0);
    for (let b = 0; b < B; b++)
      for (let h = 0; h < heads; h++)
        for (let l = 0; l < T; l++) {
          const open = [0, 1, 2].filter((m) => feeds.mask.data[b * L + m] === 1);
          const scores = open.map((m) => {
            let dot = 0;
            for (let i = 0; i < size; i++) dot += at(feeds.q.data, b, l, h, i) * at(feeds.k.data, b, m, h, i);
            return Math.exp(dot / Math.sqrt(size));
          });
          const sum = scores.reduce((a, x) => a + x, 0);
          for (let i = 0; i < size; i++)
            expected[(b * T + l) * D + h * size + i] = open.reduce(
              (a, m, j) => a + (scores[j]! / sum) * at(feeds.v.data, b, m, h, i),
              0,
            );
        }
    const actual = await evaluate(feeds, ({ q, k, v, mask }) =>
      layers.attention(q!, k!, v!, { heads, mask: mask! }),
    );
    close(actual, expected);
  });

test('pooling sees open positions only', async () => {
  const feeds = { x: given([2, 2, 2], 1, -2, 3, -4, 5, -6, 99, 99), mask: given([2, 2], 1, 1, 1, 0) };
  close(await evaluate(feeds, ({ x, mask }) => layers.meanPool(x!, mask!)), [2, -3, 5, -6]);
  close(await evaluate(feeds, ({ x, mask }) => layers.maxPool(x!, mask!)), [3, -2, 5, -6]);
});

test('layer norm has mean shift and deviation scale', async () => {
  const feeds = {
    x: draw(3, 64),
    scale: given([64], ...Array(64).fill(2)),
    shift: given([64], ...Array(64).fill(5)),
  };
  const y = await evaluate(feeds, ({ x, scale, shift }) => layers.layerNorm(x!, scale!, shift!));
  for (let r = 0; r < 3; r++) {
    const row = y.slice(r * 64, (r + 1) * 64);
    const mean = row.reduce((a, x) => a + x, 0) / 64;
    const variance = row.reduce((a, x) => a + (x - mean) ** 2, 0) / 64;
    close([mean, Math.sqrt(variance)], [5, 2]);
  }
});

test('log softmax is exact for logits that would overflow', async () => {
  const y = await evaluate({ x: given([1, 3], 1000, 1000, 0) }, ({ x }) => layers.logSoftmax(x!));
  close(y, [-Math.LN2, -Math.LN2, -1000 - Math.LN2]);
});

test('cross entropy is the weighted mean, and zero weights leave rows out', async () => {
  const feeds = {
    logits: given([3, 2], 0, 0, 0, Math.log(3), 7, -7),
    targets: given([3, 2], 1, 0, 0.5, 0.5, 0, 1),
    weights: given([3], 1, 3, 0),
  };
  const row2 = -(Math.log(1 / 4) + Math.log(3 / 4)) / 2;
  const y = await evaluate(feeds, ({ logits, targets, weights }) =>
    reshape(layers.crossEntropy(logits!, targets!, weights!), [1]),
  );
  close(y, [(Math.LN2 + 3 * row2) / 4]);
});

test('a class id becomes a row with one 1, and a negative id one without', async () => {
  const ids = { dtype: 'i32', shape: [2], data: Int32Array.of(1, -1) } as const;
  const hot = await evaluate({ ids }, ({ ids }) => layers.oneHot(ids!, 3));
  close(hot, [0, 1, 0, 0, 0, 0]);
});
