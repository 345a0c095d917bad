import { hash } from 'node:crypto';
import { trainDeep } from '../../src/student/deep/train.ts';
import { data, spec } from './sentences.ts';

/** A training in a process of its own, to be killed: says each step of its way, and at the end what it learnt. */

const [folder] = process.argv.slice(2);
const { files, members } = await trainDeep(data, spec, {
  device: 'cpu',
  threads: 1,
  ...(folder === undefined ? {} : { checkpoints: { folder, key: 'killed', everyMs: 0 } }),
  onProgress: ({ member, step }) => process.send?.({ member, step }),
});
const hashes = Object.entries(files).map(([name, bytes]) => [name, hash('sha256', bytes)]);
process.send?.({ hashes, steps: members.map(({ steps }) => steps) });
