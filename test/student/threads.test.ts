import assert from 'node:assert/strict';
import path from 'node:path';
import { after, test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { type FieldLesson, type Sequence, trainCrf } from '../../src/student/tagger/crf.ts';
import { openThreads } from '../../src/student/threads.ts';
import { type LinearProblem, trainLinear } from '../../src/student/wide/linear.ts';

const entry = path.resolve(import.meta.dirname, '../../src/worker/trainer.ts');
const threads = openThreads({ entry, count: 2 });
after(() => threads.close());

const work = { pause: async () => {}, progress: () => {} };

/** Enough rows, features and classes that threads are worth it. */
function manyClasses(): LinearProblem {
  const random = createRandom('threads');
  const [rows, classes, each, features] = [2500, 30, 40, 4000];
  const labels = Int32Array.from({ length: rows }, () => random.int(classes));
  const indices = Int32Array.from({ length: rows * each }, (_, i) => {
    const own = labels[Math.floor(i / each)]!;
    return random.next() < 0.3 ? own * 20 + random.int(20) : 600 + random.int(features - 600);
  });
  return {
    data: {
      start: Int32Array.from({ length: rows + 1 }, (_, i) => i * each),
      indices,
      values: new Float32Array(indices.length).fill(1 / Math.sqrt(each)),
    },
    features,
    rows: Int32Array.from(labels.keys()),
    labels,
    classes,
  };
}

function field(): FieldLesson {
  const random = createRandom('field');
  const sequences = Array.from({ length: 50 }, (): Sequence => {
    const tags = Int32Array.from({ length: 6 }, () => random.int(2));
    return {
      group: '',
      start: Int32Array.from({ length: 7 }, (_, i) => 2 * i),
      features: Int32Array.from({ length: 12 }, (_, j) =>
        j % 2 === 0 ? 4 : tags[j >> 1]! * 2 + random.int(2),
      ),
      tags,
      weight: 1,
    };
  });
  const lattice = {
    allowed: Int32Array.of(0, 1),
    follows: new Uint8Array(4).fill(1),
    begins: new Uint8Array(2).fill(1),
  };
  const options = { epochs: 4, rate: 0.2, ridge: 0.02, dropout: 0.3, seed: 3 };
  return { sequences, lattices: new Map([['', lattice]]), features: 5, tags: 2, options };
}

test('heads learned in threads are the heads learned in one, to the last bit', async () => {
  const problem = manyClasses();
  const together = await trainLinear(problem, { pause: work.pause, threads });
  const alone = await trainLinear(problem, { pause: work.pause, threads: null });
  assert.deepEqual(together, alone);
});

test('a field learned in a thread is the field learned here, and tells how far it is', async () => {
  const thread = await threads.borrow();
  const told: number[] = [];
  const apart = await thread.run('field', field(), (fraction) => told.push(fraction));
  thread.giveBack();
  assert.deepEqual(apart, await trainCrf(field(), work));
  assert.deepEqual(told, [0.25, 0.5, 0.75, 1]);
});

test('what fails in a thread fails where it was asked for, and the next one asked works', async () => {
  const thread = await threads.borrow();
  const broken = { ...field(), lattices: new Map() };
  await assert.rejects(thread.run('field', broken), /./);
  assert.equal((await thread.run('field', field())).tags, 2);
  thread.giveBack();
});

test('threads that are ended fail what they were at; those asked for later are new', async () => {
  const thread = await threads.borrow();
  const long = { ...field(), options: { ...field().options, epochs: 1e9 } };
  const running = thread.run('field', long);
  setTimeout(() => threads.close(), 50);
  await assert.rejects(running, { code: 'cancelled' });
  thread.giveBack();
  const next = await threads.borrow();
  assert.equal((await next.run('field', field())).tags, 2);
  next.giveBack();
});
