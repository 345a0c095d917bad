import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import type { Example } from '../../src/dataset/example.ts';
import { countsOf, softTarget } from '../../src/student/softTarget.ts';
import { lessonsOf } from '../../src/student/wide/lessons.ts';
import { trainWide } from '../../src/student/wide/train.ts';

const slot = { name: 'label', values: ['a', 'b', 'c', 'd'] };
const plan = {
  kind: 'text-answer',
  node: { kind: 'choice', slot },
} as unknown as Parameters<typeof trainWide>[1];

function example(i: number, text: string, index: number, soft?: Readonly<Record<number, number>>): Example {
  return {
    callId: `c${i}`,
    atMs: i,
    input: { slots: { text }, context: {} },
    answer: { text: slot.values[index]!, toolCalls: [] },
    targets: { label: { kind: 'class', index, ...(soft === undefined ? {} : { soft }) } },
    unplanned: null,
    cluster: i,
    split: 'train',
    weight: 1,
    teacher: 't',
  };
}

test('a doubtful answer is a lesson for each class that the teacher listed, and its tail is against those alone', () => {
  const lessons = lessonsOf(example(0, 'x', 0, { 0: 0.6, 1: 0.3 }), 'label', 7);
  const weights = new Map(lessons.map(({ label, weight }) => [label, weight]));
  const close = (label: number, weight: number) =>
    assert.ok(Math.abs(weights.get(label)! - weight) < 1e-9, `${label}: ${weights.get(label)}`);
  close(0, 0.7 * 0.6 + 0.3);
  close(1, 0.7 * 0.3);
  close(-1, 0.7 * 0.1);
  assert.deepEqual([...lessons.find(({ label }) => label === -1)!.heads!], [0, 1]);
  assert.ok(lessons.every(({ row }) => row === 7));
  assert.deepEqual(lessonsOf(example(0, 'x', 2), 'label', 1), [{ row: 1, label: 2, weight: 1, heads: null }]);
});

test('for networks the tail goes to the classes that were not listed, by how often they are answered', () => {
  const rows = [0, 1, 2, 2, 2, 3].map((index, i) => example(i, 'x', index));
  const target = softTarget(example(9, 'x', 0, { 0: 0.6, 1: 0.2 }), slot, countsOf([slot], rows));
  const expected = [0.7 * 0.6 + 0.3, 0.7 * 0.2, (0.7 * 0.2 * 3) / 4, (0.7 * 0.2) / 4];
  for (const [k, p] of expected.entries()) assert.ok(Math.abs(target![k]! - p) < 1e-6, `${k}: ${target![k]}`);
  assert.equal(softTarget(example(9, 'x', 0), slot, countsOf([slot], rows)), null);
});

/** Two words decide between four labels, the teacher draws its answer; the list of alternatives names two of them. */
test('a teacher that tells its doubt teaches more than its answers alone', async () => {
  const random = createRandom(5);
  const words = Array.from({ length: 24 }, (_, w) => ({
    word: `w${String.fromCharCode(97 + w)}z`,
    pull: slot.values.map(() => 2.2 * (random.next() - 0.5)),
  }));
  const make = (i: number) => {
    const chosen = random.shuffle(words).slice(0, 4);
    const z = slot.values.map((_, k) => Math.exp(chosen.reduce((sum, { pull }) => sum + pull[k]!, 0)));
    const total = z.reduce((sum, v) => sum + v, 0);
    const p = z.map((v) => v / total);
    let draw = random.next();
    const index = Math.max(
      0,
      p.findIndex((share) => (draw -= share) <= 0),
    );
    const listed = [...new Set([index, ...p.keys()])].sort((a, b) => p[b]! - p[a]!).slice(0, 3);
    const soft = Object.fromEntries([...new Set([index, ...listed])].map((k) => [k, p[k]!]));
    return {
      row: example(i, chosen.map(({ word }) => word).join(' '), index, soft),
      best: p.indexOf(Math.max(...p)),
    };
  };
  const made = Array.from({ length: 900 }, (_, i) => make(i));
  const rightOf = async (rows: readonly Example[]): Promise<number> => {
    const { outOfFold } = await trainWide(rows, plan, ['text'], {
      folds: 3,
      held: [],
      seed: 1,
      pause: async () => {},
      threads: null,
      progress: () => {},
    });
    return made.filter(({ best }, i) => {
      const p = outOfFold[i]!.choices.get('label')!;
      return p.indexOf(Math.max(...p)) === best;
    }).length;
  };
  const told = made.map(({ row }) => row);
  const bare = told.map((row) => {
    const target = row.targets!['label']!;
    return target.kind === 'class'
      ? { ...row, targets: { label: { kind: 'class', index: target.index } as const } }
      : row;
  });
  const [soft, hard] = [await rightOf(told), await rightOf(bare)];
  assert.ok(soft >= hard + 27, `${soft} and ${hard} of ${made.length} agree with the likeliest answer`);
});
