import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { chooseDevice, placementOf, probeDevices } from '../../src/onnx/devices.ts';
import { input } from '../../src/tensor/graph.ts';
import { matmul, softmax } from '../../src/tensor/ops.ts';

test('the cpu is always there, and a device that is not says why', async () => {
  const probes = await probeDevices();
  assert.deepEqual(
    probes.map((probe) => probe.device),
    ['cpu', 'webgpu'],
  );
  assert.equal(probes[0]!.available, true);
  for (const { available, detail } of probes) assert.ok(available || detail.length > 10);
});

test('the fastest device for the measured step is chosen, and one that fails is not', async () => {
  const slow = await chooseDevice(async (device) => (device === 'cpu' ? 5 : 9));
  assert.equal(slow.device, 'cpu');
  const failing = await chooseDevice(async (device) => {
    if (device === 'webgpu') throw new Error('out of memory');
    return 100;
  });
  assert.equal(failing.device, 'cpu');
  assert.equal(failing.stepMs.cpu, 100);
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
