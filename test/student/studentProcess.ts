import { createRandom } from '../../src/base/random.ts';
import type { StudentSpec } from '../../src/student/student.ts';
import { trainStudent } from '../../src/student/train.ts';
import { type Made, said } from '../dataset/support.ts';
import { dataOf, optionsIn, specOf } from './support.ts';
import { quick, slugCalls } from './titles.ts';

/**
 * A whole training in a process of its own, to be killed: says each step of its way, and at the end what it made.
 * `node studentProcess.ts FOLDER labels|texts`
 */

const verbs = ['sum', 'find', 'list', 'move', 'keep'];
const things = ['apple', 'stone', 'paper', 'river'];

/** The label is told by two words together, with a third that is seldom the same between them: only networks see that. */
function pairs(n: number): Made[] {
  const random = createRandom('pairs');
  return Array.from({ length: n }, () => {
    const [verb, thing] = [random.int(verbs.length), random.int(things.length)];
    const input = `u${random.int(200)} t${random.int(200)} ${verbs[verb]} w${random.int(200)} ${things[thing]}`;
    return { input, answer: said(`label ${(verb + thing) % verbs.length}`) };
  });
}

const runs: Readonly<Record<string, { made: readonly Made[]; spec: Partial<StudentSpec> }>> = {
  labels: {
    made: pairs(1200),
    spec: { rungs: ['cache', 'wide', 'wide+deep'], overrides: { leastForDeep: 100, epochs: 8 } },
  },
  texts: {
    made: slugCalls(700, 'killed'),
    spec: { rungs: ['cache', 'wide', 'generator'], overrides: { generator: quick } },
  },
};

const [folder = '', name = 'labels'] = process.argv.slice(2);
const { made, spec } = runs[name]!;
const { card } = await trainStudent(
  dataOf(made),
  specOf(spec),
  optionsIn(folder, { onProgress: (progress) => process.send?.(progress) }),
);
const { files, outcome, rung, report } = card;
process.send?.({ message: 'done', card: { files, outcome, rung, report } });
