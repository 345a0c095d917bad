import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { chooseDevice, fastest, placementOf, probeDevices } from '../../src/onnx/devices.ts';
import { createSession } from '../../src/onnx/session.ts';
import { input } from '../../src/tensor/graph.ts';
import { matmul, softmax } from '../../src/tensor/ops.ts';

test('the cpu is always there, and a device that is not says why', async () => {
  const probes = await probeDevices();
  assert.deepEqual(
    probes.map((probe) => probe.device),
    ['cpu', 'webgpu', 'webgpu-f16'],
  );
  assert.equal(probes[0]!.available, true);
  for (const { available, detail } of probes) assert.ok(available || detail.length > 10);
});

test('the fastest device for the measured step is chosen, and one that fails is not', async () => {
  const slow = await chooseDevice(async (device) => ({ stepMs: device === 'cpu' ? 5 : 9, loss: 1 }));
  assert.equal(slow.device, 'cpu');
  const failing = await chooseDevice(async (device) => {
    if (device !== 'cpu') throw new Error('out of memory');
    return { stepMs: 100, loss: 1 };
  });
  assert.equal(failing.device, 'cpu');
  assert.deepEqual(failing.stepMs, { cpu: 100 });
});

test('half precision is chosen where it is clearly faster and its losses are those of full precision', () => {
  const cpu = { stepMs: 50, loss: 10 };
  const webgpu = { stepMs: 10, loss: 10 };
  const half = (stepMs: number, loss: number) => fastest({ cpu, webgpu, 'webgpu-f16': { stepMs, loss } });
  assert.equal(half(6, 10.05), 'webgpu-f16');
  assert.equal(half(9.5, 10), 'webgpu');
  assert.equal(half(6, 10.2), 'webgpu');
  assert.equal(half(6, Number.NaN), 'webgpu');
  assert.equal(fastest({ cpu, 'webgpu-f16': { stepMs: 6, loss: 10 } }), 'cpu');
});

test('a device that has no half precision says so and goes on in full precision', async () => {
  const [, webgpu, half] = await probeDevices();
  if (half!.available) return assert.ok(webgpu!.available);
  assert.ok(half!.detail.length > 10);
  const x = input('x', 'f32', [2, 2]);
  const graph = { outputs: { y: matmul(x, x) }, updates: {} };
  const session = await createSession(graph, webgpu!.available ? 'webgpu' : 'cpu', { threads: 1 });
  const { y } = await session.run({ x: { dtype: 'f32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } });
  await session.dispose();
  assert.deepEqual([...y!.data], [7, 10, 15, 22]);
});

test('placement names the provider of every node that ran', async () => {
  const x = input('x', 'f32', [4, 4]);
  const feeds = { x: { dtype: 'f32', shape: [4, 4], data: new Float32Array(16) } } as const;
  const placed = await placementOf({ outputs: { y: softmax(matmul(x, x)) }, updates: {} }, 'cpu', feeds);
  assert.deepEqual(placed, [
    { op: 'MatMul', provider: 'CPUExecutionProvider' },
    { op: 'Softmax', provider: 'CPUExecutionProvider' },
  ]);
});

test('the native library is loaded by the first session, not by the import, and with telemetry off', () => {
  const module = path.resolve(import.meta.dirname, '../../src/onnx/devices.ts');
  const script = `
    const { probeDevices } = await import(${JSON.stringify(`file://${module}`)});
    const loaded = () => process.report.getReport().sharedObjects.some((name) => name.includes('onnxruntime'));
    const before = loaded();
    await probeDevices();
    console.log(JSON.stringify([before, loaded(), process.env.ORT_DISABLE_TELEMETRY]));`;
  const env = { ...process.env };
  delete env['ORT_DISABLE_TELEMETRY'];
  const { stdout } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
    { env, encoding: 'utf8' },
  );
  assert.deepEqual(JSON.parse(stdout), [false, true, '1']);
});
