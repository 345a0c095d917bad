import { readFileSync } from 'node:fs';
import { createRandom } from '../../src/base/random.ts';
import type { DeepData, DeepRow } from '../../src/student/deep/data.ts';
import { estimateDeep } from '../../src/student/deep/estimate.ts';
import { cnn, defaultSpec, defaultTraining } from '../../src/student/deep/spec.ts';
import { trainDeep } from '../../src/student/deep/train.ts';

/** Trains a network of the real size in a process of its own and prints what was estimated and what it took, in bytes. */

const [folder = '', tagged = ''] = process.argv.slice(2);
const random = createRandom('memory');
const train = Array.from({ length: 500 }, (_, i): DeepRow => {
  const tokens = Array.from(
    { length: 4 + random.int(20) },
    () => `word${Math.floor(random.next() ** 3 * 3000)}`,
  );
  return { tokens, classes: [i % 20], tags: tagged === '' ? [] : [tokens.map((_, t) => t % 9)], weight: 1 };
});
const tags = tagged === '' ? [] : [{ name: 'tags', tags: 9 }];
const data: DeepData = { choices: [{ name: 'y', classes: 20 }], tags, train, validation: train.slice(0, 64) };
const spec = { ...defaultSpec, encoders: [cnn], training: { ...defaultTraining, epochs: 3 } };
const resident = (field: string): number =>
  1024 * Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);

const { bytes } = estimateDeep(data, spec);
global.gc?.();
const before = resident('VmRSS');
await trainDeep(data, spec, { device: 'cpu', threads: 1, checkpoints: { folder, key: 'x', everyMs: 500 } });
console.log(JSON.stringify({ estimated: bytes, measured: resident('VmHWM') - before }));
