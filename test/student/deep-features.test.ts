import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { openCheckpoints } from '../../src/student/checkpoint.ts';
import { buildFeatures, createRows, rowCount, tokenise } from '../../src/student/deep/features.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });

test('tokens lie in order, do not overlap, and leave out white space alone', () => {
  fc.assert(
    fc.property(text, (value) => {
      let at = 0;
      for (const token of tokenise(value)) {
        assert.ok(token.start >= at && token.end > token.start);
        assert.equal(value.slice(token.start, token.end), token.text);
        assert.match(value.slice(at, token.start), /^\s*$/u);
        at = token.end;
      }
      assert.match(value.slice(at), /^\s*$/u);
    }),
  );
});

test('letters, digits and marks are tokens of their own', () => {
  const words = (value: string): string[] => tokenise(value).map((token) => token.text);
  assert.deepEqual(words("what's 4x4, née?"), ['what', "'", 's', '4', 'x', '4', ',', 'née', '?']);
});

test('every word has rows inside the table, the same after a round trip through JSON', () => {
  const table = buildFeatures(
    [
      ['play', 'some', 'jazz'],
      ['play', 'it'],
    ],
    { minCount: 1, buckets: 64 },
  );
  const copy = JSON.parse(JSON.stringify(table));
  const [rows, again] = [createRows(table), createRows(copy)];
  fc.assert(
    fc.property(text, (word) => {
      const found = rows(word);
      assert.ok(found.length >= 2 && found.length <= table.rowsPerWord);
      for (const row of found) assert.ok(row > 0 && row < rowCount(table));
      assert.deepEqual(again(word), found);
    }),
  );
});

test('an unseen word shares rows with the word it resembles', () => {
  const rows = createRows({ ...buildFeatures([['restaurant', 'restaurant']]), english: false });
  const [known, typo, other] = ['restaurant', 'restuarant', 'umbrella'].map((word) => new Set(rows(word)));
  const shared = (a: Set<number>, b: Set<number>): number => [...a].filter((row) => b.has(row)).length;
  assert.ok(shared(known!, typo!) > shared(known!, other!) + 3);
});

test('the vocabulary is the most frequent words in a fixed order', () => {
  const documents = [
    ['b', 'a', 'c'],
    ['a', 'b', 'A'],
  ];
  assert.deepEqual(buildFeatures(documents).words, ['a', 'b']);
  assert.deepEqual(buildFeatures([...documents].reverse(), { minCount: 1, maxWords: 2 }).words, ['a', 'b']);
});

const folder = mkdtempSync(path.join(os.tmpdir(), 'checkpoints-'));
after(() => rmSync(folder, { recursive: true }));

test('a checkpoint comes back as it was, for its own run only', () => {
  const checkpoint = {
    numbers: { step: 7, best: 0.25 },
    tensors: { a: Float32Array.of(1, 2.5), b: Float32Array.of(-3) },
  };
  const store = openCheckpoints(folder, 'run');
  store.save('x', checkpoint);
  assert.deepEqual(store.load('x'), checkpoint);
  assert.equal(openCheckpoints(folder, 'other').load('x'), null);
  assert.equal(store.load('y'), null);
});

test('a checkpoint with one wrong byte, or cut short, counts as none', () => {
  const store = openCheckpoints(folder, 'run');
  store.save('z', { numbers: {}, tensors: { a: Float32Array.of(1, 2, 3) } });
  const file = path.join(folder, 'z.checkpoint');
  const bytes = readFileSync(file);
  const damaged = Buffer.from(bytes);
  damaged[damaged.length - 2]! ^= 1;
  writeFileSync(file, damaged);
  assert.equal(store.load('z'), null);
  writeFileSync(file, bytes.subarray(0, bytes.length - 4));
  assert.equal(store.load('z'), null);
});
