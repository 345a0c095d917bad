import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSession } from '../../src/onnx/session.ts';
import type { Value } from '../../src/tensor/graph.ts';
import { input, topological } from '../../src/tensor/graph.ts';
import { halveProducts } from '../../src/tensor/half.ts';
import { add, gemm, matmul, mul, reduceSum, relu, softmax } from '../../src/tensor/ops.ts';

const x = input('x', 'f32', [2, 2]);
const w = input('w', 'f32', [2, 2]);

const nodesOf = (roots: readonly Value[]) =>
  topological(roots).flatMap((value) =>
    value.source.kind === 'node' ? [{ ...value.source, dtype: value.dtype }] : [],
  );

test('the factors of products are halved, each once, and nothing else is', () => {
  const [y, z] = halveProducts([
    softmax(add(matmul(x, w), gemm(x, w, { transB: true, bias: w }))),
    matmul(w, x),
  ]);
  assert.equal(y!.dtype, 'f32');
  assert.equal(z!.dtype, 'f32');
  const nodes = nodesOf([y!, z!]);
  const products = nodes.filter(({ op }) => op === 'MatMul' || op === 'Gemm');
  assert.equal(products.length, 3);
  for (const { inputs, dtype } of products) {
    assert.equal(dtype, 'f16');
    assert.deepEqual(
      inputs.map((one) => one.dtype),
      ['f16', 'f16'],
    );
  }
  const casts = nodes.filter(({ op, attributes }) => op === 'Cast' && attributes['to'] === 'f16');
  assert.equal(casts.length, 2);
  const others = nodes.filter(({ op }) => op !== 'Cast' && op !== 'MatMul' && op !== 'Gemm');
  for (const { dtype, inputs } of others)
    assert.deepEqual([dtype, ...inputs.map((one) => one.dtype)], ['f32', ...inputs.map(() => 'f32')]);
});

test('what has no product is left as it is', () => {
  const plain = reduceSum(mul(relu(x), w), [0]);
  assert.equal(halveProducts([plain])[0], plain);
  const [y] = halveProducts([add(plain, matmul(x, w))]);
  assert.ok(topological([y!]).includes(plain));
});

test('an addend that half precision does not have is added in full', async () => {
  const [y] = halveProducts([gemm(x, w, { bias: input('mask', 'f32', [2, 1]) })]);
  const session = await createSession({ outputs: { y: y! }, updates: {} }, 'cpu', { threads: 1 });
  const matrix = (...data: number[]) => ({
    dtype: 'f32' as const,
    shape: [data.length / 2, 2],
    data: Float32Array.from(data),
  });
  const mask = { dtype: 'f32', shape: [2, 1], data: Float32Array.of(0, -1e9) } as const;
  const { y: numbers } = await session.run({ x: matrix(1, 2, 3, 4), w: matrix(1, 0, 0, 1), mask });
  await session.dispose();
  assert.deepEqual([...numbers!.data], [1, 2, -1e9, -1e9]);
});
