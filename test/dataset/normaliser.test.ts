import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalise, normaliserChains, numberOf } from '../../src/dataset/normaliser.ts';
import { tokenise } from '../../src/dataset/tokens.ts';

test('numbers are read from digits, words, units and money', () => {
  const cases: [string, number | null][] = [
    ['4', 4],
    ['1,250', 1250],
    ['$3.50', 3.5],
    ['20 %', 20],
    ['twenty-one', 21],
    ['a dozen', 12],
    ['two hundred and five', 205],
    ['three thousand', 3000],
    ['several', null],
    ['', null],
  ];
  for (const [text, number] of cases) assert.equal(numberOf(text), number, text);
});

test('each chain is a function of the text alone', () => {
  for (const chain of normaliserChains) {
    for (const text of ['Wild  Country', 'TWO', 'dogs', 'Ａ１'])
      assert.equal(normalise(text, chain), normalise(text, chain));
  }
  assert.equal(normalise('New  York', ['spaces']), 'New York');
  assert.equal(normalise('red wine', ['title']), 'Red Wine');
  assert.equal(normalise('red wine', ['underscores']), 'red_wine');
  assert.equal(normalise('hello', ['number']), null);
});

test('tokens are words, numbers and single other characters at their places', () => {
  const text = "Zoë's  A12-b";
  const tokens = tokenise(text);
  assert.deepEqual(
    tokens.map((token) => token.text),
    ['Zoë', "'", 's', 'A', '12', '-', 'b'],
  );
  for (const { text: word, start, end } of tokens) assert.equal(text.slice(start, end), word);
});
