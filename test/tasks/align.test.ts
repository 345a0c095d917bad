import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../../src/base/random.ts';
import { alignTexts, constantText } from '../../src/tasks/align.ts';
import { unifiedDiff } from '../../src/tasks/diff.ts';
import { compileSegments } from '../../src/tasks/template.ts';
import { mask } from '../../src/tasks/tokens.ts';
import { sentence } from './support/calls.ts';

function shown(texts: readonly string[]): string {
  return alignTexts(texts)
    .map((segment) => (segment.kind === 'text' ? segment.text : `{${segment.name}}`))
    .join('');
}

function filled(build: (text: string, i: number) => string, count = 30): string[] {
  const random = createRandom('filled');
  return Array.from({ length: count }, (_, i) => build(sentence(random), i));
}

test('text around, before and after slots is found', () => {
  assert.equal(shown(filled((text) => `Question: ${text}`)), 'Question: {input}');
  assert.equal(shown(filled((text) => `${text}\n\nSay it shorter.`)), '{input}\n\nSay it shorter.');
  assert.equal(shown(filled((text) => `Translate "${text}" into Welsh.`)), 'Translate "{input}" into Welsh.');
  assert.equal(shown(filled((text) => `<mail>${text}</mail>`)), '<mail>{input}</mail>');
  assert.equal(
    shown(filled((text, i) => `Channel: ${['voice', 'chat'][i % 2]}\nText: ${text}`)),
    'Channel: {0}\nText: {input}',
  );
});

test('texts with nothing in common are one slot, equal ones one text', () => {
  assert.deepEqual(alignTexts(filled((text) => text)), [{ kind: 'slot', name: 'input' }]);
  assert.equal(shown(['a b c', 'a b c']), 'a b c');
  assert.deepEqual(alignTexts([]), [{ kind: 'text', text: '' }]);
});

test('a date is one slot, not the part of it that happened to vary', () => {
  const dates = [
    'Monday, March 2, 2026',
    'Tuesday, March 3, 2026',
    'Friday, March 13, 2026',
    'Sunday, April 5, 2026',
  ];
  assert.equal(shown(dates.map((date) => `Today is ${date}.\nBe kind.`)), 'Today is {input}.\nBe kind.');
});

test('a list of like items is one slot', () => {
  assert.equal(
    shown(
      filled((text, i) => `Sources:\n[1] ${text}\n[2] ${text} ${i}\n[3] ${i} ${text}\n\nQuestion: ${text}`),
    ).replace(/\{\w+\}/gu, '{}'),
    'Sources:\n[1] {}\n\nQuestion: {}',
  );
});

test('one stray text does not hide the template', () => {
  const texts = filled((text) => `Sort this ticket by urgency:\n${text}`, 50);
  texts[17] = 'something else entirely';
  assert.equal(shown(texts), 'Sort this ticket by urgency:\n{input}');
});

test('what users happen to write often is no template', () => {
  const random = createRandom('often');
  const often = Array.from({ length: 60 }, () => {
    const parts = Array.from({ length: 12 }, () =>
      random.int(3) === 0 ? 'as far as I know' : sentence(random),
    );
    return `Shorten:\n${parts.join(' ')}`;
  });
  assert.equal(shown(often), 'Shorten:\n{input}');
});

test('every aligned text matches its template, and the slots put it together again', () => {
  const words = fc.array(fc.stringMatching(/^[a-z.*+?^${}()|[\]\\]{1,8}$/u), { minLength: 1, maxLength: 6 });
  const part = words.map((list) => list.join(' '));
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 4 }),
      fc.array(fc.array(part, { minLength: 4, maxLength: 4 }), { minLength: 2, maxLength: 12 }),
      (constants, values) => {
        const texts = values.map((list) =>
          constants.map((constant, i) => `\n${constant}: ${list[i]}`).join(''),
        );
        const segments = alignTexts(texts);
        const match = compileSegments(segments);
        for (const text of texts) {
          const slots: Record<string, string> = {};
          assert.ok(match(text, slots));
          const again = segments
            .map((segment) => (segment.kind === 'text' ? segment.text : slots[segment.name]!))
            .join('');
          assert.equal(again, text);
        }
        assert.ok(
          texts.every((text) => text.length >= constantText(segments).trim().length - segments.length),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('masking leaves equal what differs in dates, numbers and ids only', () => {
  const pairs = [
    ['Today is Monday, March 2, 2026.', 'Today is Sunday, April 15, 2026.'],
    ['at 2026-03-02T10:00:00Z by 7f3a9c12', 'at 2027-11-30T23:59:01Z by 0b1c2d3e'],
    ['at most 5 words', 'at most 12 words'],
  ] as const;
  for (const [a, b] of pairs) assert.equal(mask(a), mask(b));
  assert.notEqual(mask('Say it in French'), mask('Say it in German'));
});

test('a diff has exactly the lines that were taken away and added', () => {
  const line = fc.constantFrom('a', 'b', 'c', 'd e', '');
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.array(line, { maxLength: 12 }), (before, after) => {
      const diff = unifiedDiff(before.join('\n'), after.join('\n')).split('\n');
      const removed = diff.filter((text) => text.startsWith('-')).map((text) => text.slice(1));
      const added = diff.filter((text) => text.startsWith('+')).map((text) => text.slice(1));
      const left = [...(before.length === 0 ? [''] : before)];
      for (const text of removed) left.splice(left.indexOf(text), 1);
      const right = [...(after.length === 0 ? [''] : after)];
      for (const text of added) right.splice(right.indexOf(text), 1);
      assert.deepEqual(left.sort(), right.sort());
    }),
  );
  assert.equal(unifiedDiff('a\nb', 'a\nb'), '');
});

test('a value is not cut where it goes on without a blank', () => {
  const shop = (i: number): string => `shop${i % 7}.example/items/${i * 37}`;
  assert.equal(
    shown(filled((text, i) => `Page: https://${shop(i)}\nQuestion: ${text}`)),
    'Page: {0}\nQuestion: {input}',
  );
  assert.equal(
    shown(filled((text, i) => `Message: https://${shop(i)} ${text}`)),
    'Message: {input}',
    'what follows an address does not hide that it begins before the slot',
  );
  assert.equal(
    shown(filled((text, i) => `File: /srv/app/src/part${i}.ts\n${text}`)),
    'File: {0}\n{input}',
    'folders and ending belong to the file',
  );
  assert.equal(shown(filled((text, i) => `Ticket ABC-${i * 37} says: ${text}`)), 'Ticket {input}');
  assert.equal(shown(filled((text) => `入力：${text}を訳して`)), '入力：{input}を訳して');
  assert.equal(shown(filled((text) => `url=<${text}>, then stop.`)), 'url=<{input}>, then stop.');
});
