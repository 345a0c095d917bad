import assert from 'node:assert/strict';
import path from 'node:path';
import { after, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createRandom } from '../../src/base/random.ts';
import { type Learn, learnAnew } from '../../src/student/finished.ts';
import { type TaggerLesson, trainPacked, trainTagger } from '../../src/student/tagger/train.ts';
import { openThreads, type Threads } from '../../src/student/threads.ts';
import { type LinearProblem, trainLinear } from '../../src/student/wide/linear.ts';
import { called, type Made } from '../dataset/support.ts';
import { dataOf } from './support.ts';

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

/** Requests that name what is to be opened: one argument, copied. */
function copying(epochs: number): TaggerLesson {
  const random = createRandom('copies');
  const things = ['door', 'window', 'gate', 'blue box', 'hatch', 'old chest'];
  const made = Array.from({ length: 120 }, (): Made => {
    const thing = things[random.int(things.length)]!;
    const ways = [`open the ${thing} now`, `please could you open ${thing}`, `the ${thing} is to be opened`];
    return {
      input: ways[random.int(ways.length)]!,
      answer: called(['open', JSON.stringify({ what: thing })]),
    };
  });
  const { examples, plan, inputSlots } = dataOf(made, 0);
  return { examples, plan, slots: inputSlots, seed: 3, epochs };
}

test('heads learned in threads are the heads learned in one, to the last bit', async () => {
  const problem = manyClasses();
  const together = await trainLinear(problem, { pause: work.pause, threads });
  const alone = await trainLinear(problem, { pause: work.pause, threads: null });
  assert.deepEqual(together, alone);
});

test('a tagger learned in a thread is the tagger learned here, and tells how far it is', async () => {
  const thread = await threads.borrow();
  const told: number[] = [];
  const apart = await thread.run('tagger', copying(4), (fraction) => told.push(fraction));
  thread.giveBack();
  assert.deepEqual(apart, await trainPacked(copying(4), work));
  assert.deepEqual(told, [0.25, 0.5, 0.75, 1]);
});

test('with threads a tagger is the one that it is without, and what was learned of it once is taken as it is', async () => {
  const few = copying(2);
  const examples = Array.from({ length: 13 }, () => few.examples).flat();
  const train = (beside: Threads | null, learn: Learn) => {
    const options = { ...work, ...few, threads: beside, learn };
    return trainTagger(examples, few.plan, few.slots, options);
  };
  const alone = await train(null, learnAnew);
  const kept: unknown[] = [];
  const keep: Learn = async (_, learn) => {
    const learned = await learn();
    kept.push(learned);
    return learned;
  };
  assert.deepEqual(await train(threads, keep), alone);
  const again: Learn = async <T>() => kept[0] as T;
  assert.deepEqual(await train(threads, again), alone);
  assert.deepEqual(await train(null, again), alone);
});

test('what fails in a thread fails where it was asked for, and the next one asked works', async () => {
  const thread = await threads.borrow();
  const broken = { ...copying(1), examples: null } as unknown as TaggerLesson;
  await assert.rejects(thread.run('tagger', broken), /./);
  assert.ok((await thread.run('tagger', copying(1))).hashes.length > 0);
  thread.giveBack();
});

test('threads that are ended fail what they were at; those asked for later are new', async () => {
  const thread = await threads.borrow();
  const running = thread.run('tagger', copying(1e9));
  setTimeout(() => threads.close(), 50);
  await assert.rejects(running, { code: 'cancelled' });
  thread.giveBack();
  const next = await threads.borrow();
  assert.ok((await next.run('tagger', copying(1))).hashes.length > 0);
  next.giveBack();
});

test('a thread given back goes to who waits for it, not to who asks in the same turn', async () => {
  const lent = await Promise.all([threads.borrow(), threads.borrow()]);
  const waiting = threads.borrow();
  lent[0].giveBack();
  const late = threads.borrow();
  assert.equal(await Promise.race([late.then(() => 'late'), waiting.then(() => 'waiting')]), 'waiting');
  assert.equal(await Promise.race([late.then(() => 'lent'), setImmediate('waits')]), 'waits');
  lent[1].giveBack();
  for (const thread of [await waiting, await late]) thread.giveBack();
});
