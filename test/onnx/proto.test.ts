import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeModel } from '../../src/onnx/proto.ts';
import { openModel } from '../../src/onnx/session.ts';

test('the smallest model is these bytes', () => {
  const bytes = encodeModel({ nodes: [], initializers: [], inputs: [], outputs: [] });
  const hex = Buffer.from(bytes).toString('hex');
  const producer = Buffer.from('understudy').toString('hex');
  const domain = Buffer.from('com.microsoft').toString('hex');
  assert.equal(hex, `0809120a${producer}3a03120167420210144211` + `0a0d${domain}1001`);
});

test('attributes of every kind reach the runtime', async () => {
  const shape = [2, 3] as const;
  const bytes = encodeModel({
    nodes: [
      { op: 'Transpose', name: 'a', inputs: ['x'], outputs: ['t'], attributes: { perm: [1, 0] } },
      { op: 'LeakyRelu', name: 'b', inputs: ['t'], outputs: ['r'], attributes: { alpha: { float: 0.5 } } },
      { op: 'Concat', name: 'c', inputs: ['r', 'k'], outputs: ['y'], attributes: { axis: -1 } },
    ],
    initializers: [
      { name: 'k', type: 1, shape: [3, 1], raw: new Uint8Array(Float32Array.of(7, 8, 9).buffer) },
    ],
    inputs: [{ name: 'x', type: 1, shape: ['rows', 3] }],
    outputs: [{ name: 'y', type: 1, shape: [3, 'columns'] }],
  });
  const model = await openModel(bytes, 'cpu', { threads: 1 });
  const { y } = await model.run({ x: { dtype: 'f32', shape, data: Float32Array.of(1, -2, 3, -4, 5, -6) } });
  await model.dispose();
  assert.deepEqual(y!.shape, [3, 3]);
  assert.deepEqual([...y!.data], [1, -2, 7, -1, 5, 8, 3, -3, 9]);
});
