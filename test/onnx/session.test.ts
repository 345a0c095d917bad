import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probeDevices } from '../../src/onnx/devices.ts';
import { lower } from '../../src/onnx/lower.ts';
import type { HostTensor } from '../../src/onnx/runtime.ts';
import { createSession, openModel } from '../../src/onnx/session.ts';
import type { DeviceState } from '../../src/onnx/state.ts';
import { createState } from '../../src/onnx/state.ts';
import type { Graph, Value } from '../../src/tensor/graph.ts';
import { BATCH, input, LENGTH, state } from '../../src/tensor/graph.ts';
import { unfold } from '../../src/tensor/layers.ts';
import {
  add,
  gather,
  gemm,
  matmul,
  mul,
  number,
  reduceSum,
  reshape,
  scatterRows,
  slice,
} from '../../src/tensor/ops.ts';

const f32 = (shape: readonly number[], ...values: number[]): HostTensor => ({
  dtype: 'f32',
  shape,
  data: Float32Array.from(values),
});

for (const { device, available, detail } of await probeDevices()) {
  const skip = available ? false : `no ${device} here: ${detail.split('\n')[0]}`;

  test(`state is updated from run to run and read back on ${device}`, { skip }, async () => {
    const p = state('p', 'f32', [2]);
    const graph: Graph = {
      outputs: { sum: reduceSum(p, [0]) },
      updates: { p: add(p, input('by', 'f32', [])) },
    };
    const session = await createSession(graph, device, { threads: 1 });
    const held = await createState(device, { p: f32([2], 1, 2) });
    const sums: number[] = [];
    for (let i = 0; i < 4; i++) {
      const { sum } = await session.run({ by: f32([], 10) }, held);
      sums.push(Number(sum!.data[0]));
    }
    assert.deepEqual(sums, [3, 23, 43, 63]);
    // Between runs the tensor lies where the next run reads it: nothing was copied to the host and back.
    assert.equal((held as DeviceState).feed('p').location, device === 'cpu' ? 'cpu' : 'gpu-buffer');
    assert.deepEqual([...(await held.read())['p']!.data], [41, 42]);
    await held.write({ p: f32([2], 0, 0) });
    assert.equal((await session.run({ by: f32([], 1) }, held))['sum']!.data[0], 0);
    held.dispose();
    await session.dispose();
  });

  test(`two sessions share one state on ${device}`, { skip }, async () => {
    const p = state('p', 'f32', [2]);
    const doubling = await createSession({ outputs: {}, updates: { p: mul(p, number(2)) } }, device);
    const adding = await createSession({ outputs: {}, updates: { p: add(p, number(1)) } }, device);
    const held = await createState(device, { p: f32([2], 1, 5) });
    for (let i = 0; i < 3; i++) {
      await doubling.run({}, held);
      await adding.run({}, held);
    }
    assert.deepEqual([...(await held.read(['p']))['p']!.data], [15, 47]);
    held.dispose();
    await doubling.dispose();
    await adding.dispose();
  });

  test(`rows of a table are replaced after they are read on ${device}`, { skip }, async () => {
    const table = state('table', 'f32', [3, 2]);
    const rows = gather(table, input('ids', 'i32', [2]));
    const next = scatterRows(table, input('ids.long', 'i64', [2, 1]), add(rows, number(1)));
    const session = await createSession({ outputs: { rows }, updates: { table: next } }, device);
    const held = await createState(device, { table: f32([3, 2], 1, 2, 3, 4, 5, 6) });
    const feeds: Record<string, HostTensor> = {
      ids: { dtype: 'i32', shape: [2], data: Int32Array.of(2, 0) },
      'ids.long': { dtype: 'i64', shape: [2, 1], data: BigInt64Array.of(2n, 0n) },
    };
    assert.deepEqual([...(await session.run(feeds, held))['rows']!.data], [5, 6, 1, 2]);
    assert.deepEqual([...(await session.run(feeds, held))['rows']!.data], [6, 7, 2, 3]);
    assert.deepEqual([...(await held.read())['table']!.data], [3, 4, 3, 4, 7, 8]);
    held.dispose();
    await session.dispose();
  });

  test(`parts of a vector are read as they are before each run on ${device}`, { skip }, async () => {
    const packed = state('packed', 'f32', [7]);
    const part = (start: number, end: number): Value => slice(packed, 0, start, end);
    const x = input('x', 'f32', [1, 2]);
    const y = add(matmul(x, reshape(part(1, 5), [2, 2])), part(5, 7));
    const graph: Graph = { outputs: { y, first: part(0, 1) }, updates: { packed: add(packed, number(1)) } };
    const session = await createSession(graph, device);
    const held = await createState(device, { packed: f32([7], 9, 1, 2, 3, 4, 10, 20) });
    const run = async () => {
      const { y: product, first } = await session.run({ x: f32([1, 2], 1, 1) }, held);
      return [...product!.data, ...first!.data];
    };
    assert.deepEqual(await run(), [14, 26, 9]);
    assert.deepEqual(await run(), [17, 29, 10]);
    held.dispose();
    await session.dispose();
  });

  test(`a product with a transposed factor is right beyond one strip of columns on ${device}`, {
    skip,
  }, async () => {
    const [rows, columns, inner] = [3, 200, 4];
    const a = input('a', 'f32', [inner, rows]);
    const b = input('b', 'f32', [inner, columns]);
    const session = await createSession(
      { outputs: { y: gemm(a, b, { transA: true }) }, updates: {} },
      device,
    );
    const data = (n: number): number[] => Array.from({ length: n }, (_, i) => ((i * 7) % 11) - 5);
    const [as, bs] = [data(inner * rows), data(inner * columns)];
    const feeds = { a: f32([inner, rows], ...as), b: f32([inner, columns], ...bs) };
    const { y } = await session.run(feeds);
    const expected = Array.from({ length: rows * columns }, (_, at) => {
      const [row, column] = [Math.floor(at / columns), at % columns];
      return Array.from({ length: inner }, (_, k) => as[k * rows + row]! * bs[k * columns + column]!).reduce(
        (sum, x) => sum + x,
        0,
      );
    });
    assert.deepEqual([...y!.data], expected);
    await session.dispose();
  });
}

test('a state is written over only where all that reads it comes before', async () => {
  const [p, m] = [state('p', 'f32', [4]), state('m', 'f32', [4])];
  const part = reshape(slice(p, 0, 1, 3), [2, 1]);
  const step = add(mul(m, number(0.5)), mul(p, number(2)));
  const written = (graph: Graph): string[] => [...lower(graph, { stateOnHost: true }).inPlace].sort();
  assert.deepEqual(written({ outputs: {}, updates: { m: add(step, number(1)) } }), ['m']);
  // Read by the update itself, handed out, or read by what may come later.
  assert.deepEqual(written({ outputs: {}, updates: { p: add(p, step) } }), []);
  assert.deepEqual(written({ outputs: { part }, updates: { p: add(step, number(1)) } }), []);
  assert.deepEqual(
    written({ outputs: { y: mul(part, number(3)) }, updates: { p: add(step, number(1)) } }),
    [],
  );
  const both: Graph = { outputs: {}, updates: { p: add(step, number(1)), m: add(step, number(2)) } };
  assert.deepEqual(written(both), ['m', 'p']);
  const session = await createSession(both, 'cpu');
  const held = await createState('cpu', { p: f32([4], 1, 2, 3, 4), m: f32([4], 2, 4, 6, 8) });
  for (let i = 0; i < 2; i++) await session.run({}, held);
  const { p: last, m: moment } = await held.read();
  assert.deepEqual([...last!.data], [11.5, 19, 26.5, 34]);
  assert.deepEqual([...moment!.data], [12.5, 20, 27.5, 35]);
  held.dispose();
  await session.dispose();
});

test('a run that updates state on the cpu leaves no memory to be collected', {
  skip: 'transfer' in ArrayBuffer.prototype ? false : 'this Node cannot free a buffer at once',
}, async () => {
  const size = 1 << 20;
  const p = state('p', 'f32', [size]);
  const session = await createSession({ outputs: {}, updates: { p: add(p, number(1)) } }, 'cpu');
  const held = await createState('cpu', { p: { dtype: 'f32', shape: [size], data: new Float32Array(size) } });
  await session.run({}, held);
  await session.run({}, held);
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 4; i++) await session.run({}, held);
  // Less may be held than before, where a collection came in between; never more by a tensor.
  assert.ok(process.memoryUsage().arrayBuffers - before < 4 * size);
  assert.equal((await held.read())['p']!.data[7], 6);
  held.dispose();
  await session.dispose();
});

test('the host values that a state is made of are not touched', async () => {
  const p = state('p', 'f32', [1]);
  const session = await createSession({ outputs: {}, updates: { p: add(p, number(1)) } }, 'cpu');
  const start = f32([1], 7);
  const held = await createState('cpu', { p: start });
  for (let i = 0; i < 3; i++) await session.run({}, held);
  assert.equal(start.data[0], 7);
  const read = await held.read();
  await session.run({}, held);
  assert.equal(read['p']!.data[0], 10);
  await session.dispose();
});

test('a model with embedded state runs for every batch and length', async () => {
  const w = state('w', 'f32', [6, 1]);
  const x = input('x', 'f32', [BATCH, LENGTH, 2]);
  const y = reshape(matmul(unfold(x, 3), w), [BATCH, LENGTH, 1]);
  const { bytes, states } = lower(
    { outputs: { y }, updates: {} },
    { embed: { w: Float32Array.of(1, 0, 10, 0, 100, 0) } },
  );
  assert.deepEqual(states, []);
  const model = await openModel(bytes, 'cpu', { threads: 1 });
  const run = async (x: HostTensor): Promise<number[]> =>
    [...(await model.run({ x }))['y']!.data].map(Number);
  assert.deepEqual(await run(f32([1, 1, 2], 5, 0)), [50]);
  assert.deepEqual(await run(f32([2, 2, 2], 1, 0, 2, 0, 3, 0, 4, 0)), [210, 21, 430, 43]);
  await model.dispose();
});

test('what is missing is named', async () => {
  const x = input('x', 'f32', [1]);
  const session = await createSession({ outputs: { y: add(x, state('s', 'f32', [1])) }, updates: {} }, 'cpu');
  await assert.rejects(session.run({ x: f32([1], 1) }), /needs the state s/);
  const held = await createState('cpu', { t: f32([1], 1) });
  await assert.rejects(session.run({}, held), /was not fed x/);
  await assert.rejects(session.run({ x: f32([1], 1) }, held), /no tensor s \(there are: t\)/);
  await session.dispose();
});
