import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { probeDevices } from '../../src/onnx/devices.ts';
import { type Device, isHalf } from '../../src/onnx/runtime.ts';
import { openCheckpoints } from '../../src/student/checkpoint.ts';
import type { DeepRow } from '../../src/student/deep/data.ts';
import { loadDeep } from '../../src/student/deep/model.ts';
import { type DeepProgress, type TrainDeepOptions, trainDeep } from '../../src/student/deep/train.ts';
import { data, sentences, spec } from './sentences.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'deep-'));
after(() => rmSync(folder, { recursive: true }));

test('learns choices and tags together and serves them from its own files', async () => {
  const { files, meta } = await trainDeep(data, spec, { device: 'cpu', threads: 1 });
  const model = await loadDeep(files, JSON.parse(JSON.stringify(meta)), { threads: 1 });
  const fresh = sentences(60, 3);
  const predictions = await model.predict(fresh.map((row) => row.tokens));
  await model.dispose();
  const [right, tagged] = score(fresh, predictions);
  assert.ok(right >= 0.95, `intents: ${right}`);
  assert.ok(tagged >= 0.95, `tags: ${tagged}`);
});

test('the same seed gives the same files, and another seed gives others', async () => {
  const short = { ...spec, training: { ...spec.training, epochs: 1 } };
  const run = (seed: number) => trainDeep(data, { ...short, seed }, { device: 'cpu', threads: 1 });
  const [a, b, c] = [await run(1), await run(1), await run(2)];
  assert.deepEqual(a.files, b.files);
  assert.notDeepEqual(a.files, c.files);
});

test('a run that was stopped goes on from its checkpoint to the same files', async () => {
  const short = { ...spec, training: { ...spec.training, epochs: 2 } };
  const whole = await trainDeep(data, short, { device: 'cpu', threads: 1 });
  const checkpoints = { folder, key: 'data', everyMs: 0 };
  const controller = new AbortController();
  const stopped = trainDeep(data, short, {
    device: 'cpu',
    threads: 1,
    checkpoints,
    signal: controller.signal,
    onProgress: ({ member }) => {
      if (member === 1) controller.abort();
    },
  });
  await assert.rejects(stopped, { name: 'AbortError' });
  assert.deepEqual(readdirSync(folder).sort(), ['network0.checkpoint', 'part1.checkpoint']);
  const resumed = await trainDeep(data, short, { device: 'cpu', threads: 1, checkpoints });
  assert.deepEqual(resumed.files, whole.files);
  assert.deepEqual(readdirSync(folder).sort(), ['network0.checkpoint', 'network1.checkpoint']);
});

test('training stops when the validation loss no longer falls, and keeps the best epoch', async () => {
  const contrary = data.validation.map((row) => ({
    ...row,
    classes: [(row.classes[0]! + 1) % 3, -1],
    tags: [null],
  }));
  const training = { ...spec.training, epochs: 12, patience: 2 };
  const one = { ...spec, encoders: spec.encoders.slice(0, 1), training };
  const seen: DeepProgress[] = [];
  const { members } = await trainDeep({ ...data, validation: contrary }, one, {
    device: 'cpu',
    threads: 1,
    onProgress: (progress) => seen.push(progress),
  });
  const losses = seen.map(({ validation }) => validation!);
  const best = losses.indexOf(Math.min(...losses));
  assert.equal(losses.length, best + 3);
  assert.ok(losses.length < 12);
  assert.equal(members[0]!.steps % losses.length, 0);
  assert.equal(members[0]!.passes, best + 1);
  assert.deepEqual(seen.at(-1)!.ended, { kept: best + 1, pass: losses.length, passes: 12 });
  assert.ok(seen.slice(0, -1).every(({ ended }) => ended === undefined));
});

test('a network that is told how many passes to make makes them and is what it is after them', async () => {
  const one = { ...spec, encoders: spec.encoders.slice(0, 1), training: { ...spec.training, epochs: 6 } };
  const learned = async (passes: number, validation: typeof data.validation) => {
    const seen: DeepProgress[] = [];
    const onProgress = (progress: DeepProgress): void => void seen.push(progress);
    const given = { ...data, validation };
    const { files } = await trainDeep(given, one, { device: 'cpu', threads: 1, passes, onProgress });
    return { files, seen };
  };
  const four = await learned(4, data.validation);
  assert.equal(four.seen.length, 4);
  assert.deepEqual(four.seen.at(-1)!.ended, { kept: 4, pass: 4, passes: 6 });
  // What the rows kept aside say is told and changes nothing.
  assert.ok(four.seen.every(({ validation }) => validation !== null));
  assert.deepEqual((await learned(4, [])).files, four.files);
  const all = await learned(6, []);
  assert.equal(all.seen.at(-1)!.ended, undefined);
  assert.notDeepEqual(all.files, four.files);
});

test('nothing to learn is refused in words', async () => {
  const options = { device: 'cpu', threads: 1 } as const;
  await assert.rejects(trainDeep({ ...data, train: [] }, spec, options), { code: 'not-enough-data' });
  await assert.rejects(trainDeep({ ...data, choices: [], tags: [] }, spec, options), {
    code: 'not-enough-data',
  });
});

test('a damaged checkpoint and one of another run are ignored', async () => {
  const short = { ...spec, encoders: spec.encoders.slice(0, 1), training: { ...spec.training, epochs: 1 } };
  writeFileSync(path.join(folder, 'network0.checkpoint'), '{"key":"x"');
  const options = { device: 'cpu', threads: 1 } as const;
  const whole = await trainDeep(data, short, options);
  const resumed = await trainDeep(data, short, { ...options, checkpoints: { folder, key: 'data' } });
  assert.deepEqual(resumed.files, whole.files);
});

test('a training that left half precision is not named for it, nor after it was killed', async () => {
  const short = { ...spec, encoders: spec.encoders.slice(0, 1), training: { ...spec.training, epochs: 1 } };
  const own = mkdtempSync(path.join(folder, 'left-'));
  const checkpoints = { folder: own, key: 'data' };
  const trained = await trainDeep(data, short, { device: 'cpu', threads: 1, checkpoints });
  assert.equal(trained.device, 'cpu');
  // The network is finished: whatever the device, nothing is trained again.
  const again = () => trainDeep(data, short, { device: 'webgpu-f16', threads: 1, checkpoints });
  assert.equal((await again()).device, 'webgpu-f16');
  const store = openCheckpoints(own, `data/${JSON.stringify(short)}`);
  const { numbers, tensors } = store.load('network0')!;
  store.save('network0', { numbers: { ...numbers, left: 1 }, tensors });
  const { device, members } = await again();
  assert.equal(device, 'webgpu');
  assert.deepEqual(
    members.map((member) => member.device),
    ['webgpu'],
  );
});

test('predictions do not depend on the other inputs of a batch, and an empty input has one', async () => {
  const short = { ...spec, training: { ...spec.training, epochs: 1 } };
  const { files, meta } = await trainDeep(data, short, { device: 'cpu', threads: 1 });
  const model = await loadDeep(files, meta, { threads: 1 });
  const inputs = [
    ['fly', 'to', 'rome'],
    [],
    ['rain', 'in', 'a', 'very', 'far', 'and', 'unknown', 'place', 'today'],
  ];
  const together = await model.predict(inputs);
  for (const [i, input] of inputs.entries()) {
    const [alone] = await model.predict([input]);
    const [a, b] = [alone!.probabilities[0]!, together[i]!.probabilities[0]!];
    for (const [c, p] of a.entries()) assert.ok(Math.abs(p - b[c]!) < 1e-5);
    assert.equal(together[i]!.tags[0]!.length, input.length * 2);
  }
  await model.dispose();
});

for (const { device, available, detail } of (await probeDevices()).slice(1)) {
  const skip = available ? false : `no ${device} here: ${detail.split('\n')[0]}`;
  test(`trains on ${device} to the losses of the cpu`, { skip }, async () => {
    const short = { ...spec, training: { ...spec.training, epochs: 1 } };
    const losses = async (on: Device): Promise<number[]> => {
      const found: number[] = [];
      await trainDeep(data, short, { device: on, threads: 1, onProgress: ({ loss }) => found.push(loss) });
      return found;
    };
    const [a, b] = [await losses('cpu'), await losses(device)];
    const tolerance = isHalf(device) ? 1e-2 : 1e-3;
    for (const [i, loss] of a.entries())
      assert.ok(Math.abs(loss - b[i]!) < tolerance * (1 + loss), `${loss} and ${b[i]}`);
  });

  test(`a run on ${device} that was stopped goes on as it would have`, { skip }, async () => {
    const one = { ...spec, encoders: spec.encoders.slice(0, 1), training: { ...spec.training, epochs: 3 } };
    const checkpoints = { folder, key: device, everyMs: 0 };
    const losses = async (stopAfter: number, more: Partial<TrainDeepOptions>): Promise<number[]> => {
      const found: number[] = [];
      const controller = new AbortController();
      const { signal } = controller;
      const onProgress = ({ loss }: { loss: number }): void => {
        if (found.push(loss) === stopAfter) controller.abort();
      };
      const running = trainDeep(data, one, { device, threads: 1, signal, onProgress, ...more });
      if (stopAfter < 3) await assert.rejects(running, { name: 'AbortError' });
      else await running;
      return found;
    };
    const whole = await losses(3, {});
    await losses(2, { checkpoints });
    const rest = await losses(3, { checkpoints });
    assert.ok(rest.length < 3);
    for (const [i, loss] of rest.entries()) {
      const expected = whole[3 - rest.length + i]!;
      assert.ok(Math.abs(loss - expected) < 1e-3 * expected, `${loss} and ${expected}`);
    }
  });
}

function score(
  rows: readonly DeepRow[],
  predictions: readonly { probabilities: readonly Float32Array[]; tags: readonly Float32Array[] }[],
): [number, number] {
  let right = 0;
  let tags = 0;
  let tagged = 0;
  for (const [i, row] of rows.entries()) {
    const p = predictions[i]!;
    const best = p.probabilities[0]!.indexOf(Math.max(...p.probabilities[0]!));
    if (best === row.classes[0]) right++;
    row.tags[0]?.forEach((tag, t) => {
      tags++;
      if ((p.tags[0]![2 * t]! < p.tags[0]![2 * t + 1]! ? 1 : 0) === tag) tagged++;
    });
  }
  return [right / rows.length, tagged / tags];
}
