import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelInput } from '../../src/dataset/example.ts';
import { serves } from '../../src/evaluation/certify.ts';
import type { Prediction } from '../../src/evaluation/prediction.ts';
import { loadStudent } from '../../src/student/bundle.ts';
import { trainStudent } from '../../src/student/train.ts';
import { called, type Made } from '../dataset/support.ts';
import { dataOf, inFolder, optionsIn, specOf } from './support.ts';

const verbs = ['opened', 'closed', 'moved', 'copied', 'locked', 'checked', 'sent', 'lost', 'merged', 'split'];
const things = ['session', 'file', 'packet', 'order'];

const names = ['anna', 'bert', 'cleo', 'dora', 'emil', 'fred', 'gina'];

/** A log line: of forty constant texts, each with its own habit of what in it varies. */
function line(k: number, i: number): { readonly input: string; readonly params: string[]; template: string } {
  const verb = verbs[k % verbs.length]!;
  const thing = things[Math.floor(k / verbs.length) % things.length]!;
  const id = String(100 + ((i * 37) % 900));
  const who = names[(i * 3) % names.length]!;
  const habit = (k * k + (k >> 1)) % 4;
  const [first, second] = [habit !== 1, habit < 2];
  const [fixed, owner] = [String(100 + ((k * 53) % 900)), names[(k * 5) % names.length]!];
  const message = (a: string, b: string): string => `${verb} ${thing} ${a} by ${b}`;
  return {
    input: `10:${10 + (i % 50)} host-${i % 7} app: ${message(first ? id : fixed, second ? who : owner)}`,
    params: [...(first ? [id] : []), ...(second ? [who] : [])],
    template: message(first ? '<*>' : fixed, second ? '<*>' : owner),
  };
}

function made(k: number, i: number): Made {
  const { input, params, template } = line(k, i);
  return { input, answer: called(['log', JSON.stringify({ template, params })]) };
}

/** Twenty inputs. */
function asked(text: (i: number) => string): ModelInput[] {
  return Array.from({ length: 20 }, (_, i) => ({ slots: { text: text(i) }, context: {} }));
}

for (const texts of [39, 30])
  test(`of ${texts} masked texts lines are masked as learned, and those of no such text are left to the teacher`, () =>
    inFolder(async (folder) => {
      const data = dataOf(Array.from({ length: 700 }, (_, i) => made((i * 7) % texts, i)));
      const options = optionsIn(folder);
      const spec = specOf({ rungs: ['cache', 'wide', 'wide+deep'], overrides: { leastForDeep: 0 } });
      const { card, scored } = await trainStudent(data, spec, options);
      assert.equal(card.rung, 'wide');
      assert.ok(options.seen.some(({ message }) => message.includes('networks are left out')));
      const right = scored.test.filter((row) => row.agree).length;
      assert.ok(right >= 0.97 * scored.test.length, `${right} of ${scored.test.length}`);
      const student = await loadStudent(options.target);
      assert.ok(student.ok);
      const served = (predictions: readonly Prediction[]): number =>
        predictions.filter((p) => serves(card.outcome, { ...p, answered: p.answer !== null })).length;
      const known = await student.value.predict(asked((i) => line(i, 1000 + i).input));
      assert.ok(served(known) > 15, `${served(known)} of 20 known lines are served`);
      const worded = await student.value.predict(
        asked((i) => `10:12 host-3 app: queue ${things[i % 4]} ${i} by ${names[i % 7]}`),
      );
      assert.equal(served(worded), 0, 'a word that training never had');
      const combined = await student.value.predict(
        asked((i) => line(texts + (i % (40 - texts)), 1000 + i).input),
      );
      assert.equal(served(combined), 0, 'words that training never had together');
      const least = Math.min(...known.map((p) => p.confidence));
      const surest = Math.max(...[...worded, ...combined].map((p) => p.confidence));
      assert.ok(surest < least, `${surest} is not below ${least}`);
      await student.value.dispose();
    }));
