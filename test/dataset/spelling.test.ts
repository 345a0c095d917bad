import assert from 'node:assert/strict';
import { test } from 'node:test';
import { todaysSpelling } from '../../src/dataset/spelling.ts';

const repeat = (n: number, ...texts: string[]): string[] => Array.from({ length: n }, () => texts).flat();

test('a label that changed its case is spelled as it is today', () => {
  const spelling = todaysSpelling([
    ...repeat(40, 'Positive', 'Negative.'),
    ...repeat(30, 'positive', 'negative'),
  ]);
  assert.deepEqual(['Positive', 'Negative.', 'positive', 'other'].map(spelling), [
    'positive',
    'negative',
    'positive',
    'other',
  ]);
});

test('spellings that live side by side stay labels of their own', () => {
  const spelling = todaysSpelling(repeat(60, 'US', 'us'));
  assert.deepEqual(['US', 'us'].map(spelling), ['US', 'us']);
});

test('one odd answer changes nothing, and neither do a few new ones', () => {
  const odd = todaysSpelling([...repeat(50, 'spam', 'ham'), 'Spam', ...repeat(25, 'spam', 'ham')]);
  assert.equal(odd('Spam'), 'spam');
  assert.equal(odd('spam'), 'spam');
  const few = todaysSpelling([...repeat(50, 'spam'), ...repeat(10, 'Spam')]);
  assert.equal(few('spam'), 'spam');
});

test('sentences and JSON keep their spelling', () => {
  const long = 'The message was sent to the wrong department of the company';
  const texts = [...repeat(40, `${long}.`, '{"a":"B"}'), ...repeat(30, long, '{"a":"b"}')];
  const spelling = todaysSpelling(texts.map((text) => (text.startsWith('The') ? `${text} again` : text)));
  assert.equal(spelling('{"a":"B"}'), '{"a":"B"}');
  assert.equal(spelling(`${long}. again`), `${long}. again`);
});
