import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../src/base/json.ts';
import { createRandom } from '../../src/base/random.ts';
import { alignAnswer } from '../../src/dataset/align.ts';
import { inferShortText, keepsTo } from '../../src/dataset/plan/shortText.ts';
import type { OutputPlan } from '../../src/dataset/plan.ts';
import { shortSlots } from '../../src/dataset/planSlots.ts';
import { renderAnswer } from '../../src/dataset/render.ts';
import { plainStyle } from '../../src/dataset/style.ts';
import { slugOf, titles } from '../student/titles.ts';
import { said } from './support.ts';

const some = titles(300, 'short');
const samplesOf = (write: (title: string, i: number) => Json) =>
  some.map((title, i) => ({ value: write(title, i), input: { slots: { text: title }, context: {} } }));
const short = (write: (title: string, i: number) => Json) =>
  inferShortText(samplesOf(write), 'x')?.slot.short;

test('texts of the input in another form may be written, with what they keep to', () => {
  const slug = short(slugOf);
  assert.deepEqual(slug?.characters, ['-', '\\p{Ll} ASCII', '\\p{N} ASCII']);
  assert.ok(slug.shortest > 2 && slug.longest < 80);
  assert.ok(keepsTo(slug, '3-old-towers'));
  assert.ok(!keepsTo(slug, '3 old towers') && !keepsTo(slug, 'Tower'));
  assert.equal(short((title, i) => (i % 3 === 0 ? '' : slugOf(title)))?.shortest, 0);
  assert.notEqual(
    short((title) => title.replace(/[^A-Z]/g, '')),
    undefined,
  );
});

test('words spelled anew are told by their lengths', () => {
  const anew = (title: string): string =>
    [...title].map((c) => (c === ' ' ? c : String.fromCharCode(0x4e00 + c.charCodeAt(0)))).join('');
  assert.notEqual(short(anew), undefined);
});

test('what the input does not tell is not to be written', () => {
  const random = createRandom('ids');
  const letters = (n: number): string =>
    Array.from({ length: n }, () => random.int(36).toString(36)).join('');
  assert.equal(
    short(() => letters(12)),
    undefined,
  );
  assert.equal(
    short(() => Array.from({ length: 6 }, () => letters(5)).join(' ')),
    undefined,
  );
  assert.equal(
    short((title) => `${title} ${title} ${title} ${title} and so on, at great length: ${title}`),
    undefined,
  );
  assert.equal(
    short((_title, i) => i),
    undefined,
  );
});

test('a list of texts is written line by line and comes back as it was', () => {
  const node = inferShortText(
    samplesOf((title) =>
      slugOf(title)
        .split('-')
        .map((word) => word.slice(0, 3)),
    ),
    'tags',
  );
  assert.ok(node !== null && node.slot.short?.list === true);
  const style = { ...plainStyle, format: 'json' } as const;
  const plan: OutputPlan = { kind: 'text-answer', node, style };
  assert.equal(shortSlots(plan).length, 1);
  const input = { slots: { text: 'Old Tower' }, context: {} };
  for (const answer of [said('["old","tow"]'), said('[]')]) {
    const aligned = alignAnswer(plan, answer, input);
    assert.ok(aligned.ok);
    assert.deepEqual(renderAnswer(plan, { targets: aligned.value, input }), answer);
  }
  assert.ok(!alignAnswer(plan, said('["old",7]'), input).ok);
});
