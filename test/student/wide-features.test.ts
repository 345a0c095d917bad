import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hash32 } from '../../src/base/hash.ts';
import { createRandom } from '../../src/base/random.ts';
import { rawFeatures, shapeOf } from '../../src/student/wide/features.ts';
import { HashTally } from '../../src/student/wide/hashTally.ts';
import { buildVocabulary, vectorise, vectoriseOne } from '../../src/student/wide/vocabulary.ts';

/** What bundles are written against, spelled out: every feature as a text of its own, counted in maps. */
function reference(texts: readonly string[]): { entries: number[]; ends: number[] } {
  const branches = Array.from({ length: 4 }, () => new Map<number, number>());
  for (const [slot, text] of texts.entries()) addText(branches, text.slice(0, 4000), slot * 7919);
  const ends: number[] = [];
  const entries: number[] = [];
  for (const branch of branches) {
    for (const [hash, n] of branch) entries.push(hash | 0, n);
    ends.push(entries.length);
  }
  return { entries, ends };
}

function addText(branches: readonly Map<number, number>[], text: string, salt: number): void {
  const add = (branch: number, feature: string, seed: number): void => {
    const counts = branches[branch]!;
    const hash = hash32(feature, salt + seed);
    counts.set(hash, (counts.get(hash) ?? 0) + 1);
  };
  const pattern = /\p{L}[\p{L}\p{M}]*(?:['’]\p{L}+)?|\p{N}+|[^\s\p{L}\p{N}]/gu;
  const words = text.normalize('NFKC').match(pattern) ?? [];
  const lower = words.map((word) => word.toLowerCase());
  const shapes = words.map((word) => shapeOf(word));
  const at = (i: number): string => lower[i] ?? '';
  lower.forEach((word, i) => {
    for (const n of [1, 2, 3]) if (i >= n - 1) add(0, lower.slice(i - n + 1, i + 1).join(' '), n);
    for (const n of [2, 3, 4, 5]) for (const part of partsOf(` ${word} `, n)) add(1, part, 4 + n);
  });
  add(2, `^${at(0)}`, 11);
  add(2, `^${at(0)} ${at(1)}`, 12);
  add(2, `^${at(0)} ${at(1)} ${at(2)}`, 13);
  add(2, `$${at(lower.length - 2)} ${at(lower.length - 1)}`, 14);
  for (const word of new Set(lower.slice(1))) add(2, `${at(0)}>${word}`, 17);
  for (const word of new Set(lower.slice(2))) add(2, `${at(0)} ${at(1)}>${word}`, 18);
  add(2, `length ${Math.floor(Math.log2(1 + text.length) * 2)}`, 15);
  for (const shape of shapes) if (shape !== 'x') add(2, shape, 16);
  for (let i = 1; i < words.length; i++) {
    const [before, shape] = [shapes[i - 1]!, shapes[i]!];
    if (before === 'x' && shape === 'x') continue;
    add(3, `${before}~${shape}`, 41);
    if (shape !== 'x') add(3, `${at(i - 1)}~${shape}`, 43);
    if (before !== 'x') add(3, `${before}~${at(i)}`, 44);
  }
  const amount = (kind: RegExp): number => text.match(kind)?.length ?? 0;
  const step = (share: number): number => Math.min(8, Math.floor(Math.log2(1 + 32 * share) * 1.5));
  const digits = amount(/\p{N}/gu);
  add(3, `upper ${step(amount(/\p{Lu}/gu) / Math.max(1, amount(/\p{L}/gu)))}`, 45);
  add(3, `digits ${step(digits / Math.max(1, text.length))}`, 46);
  add(3, `digits n ${Math.floor(Math.log2(1 + digits) * 1.5)}`, 47);
}

/** All parts of a length; of a shorter word the whole word, once for all lengths that it does not have. */
function partsOf(padded: string, n: number): string[] {
  if (padded.length < n) return padded.length === n - 1 ? [padded] : [];
  return Array.from({ length: padded.length - n + 1 }, (_, i) => padded.slice(i, i + n));
}

const odd: Readonly<Record<string, string>> = {
  nothing: '',
  'white space': ' \n\t ',
  'one letter': 'a',
  'one word': 'Hello',
  'two words': 'hello World',
  'the same words again': 'the Cat the dog the cat the the DOG',
  'a later word that is the second': 'who is it, is it?',
  'shapes of all kinds': "Call 0845 NOW!! it's £3.50 or iPhone X, don’t",
  accents: 'Éa é Żółć straße STRASSE',
  'compatibility characters': 'ﬁne Ⅷ ½ ｆｕｌｌ ﷽',
  emoji: '🙂 👨‍👩‍👧 ok 🇫🇷!',
  'right to left': 'مرحبا بالعالم ١٢٣ שלום עולם',
  Han: '漢字かな交じり文 テスト',
  'lone surrogates': 'a \ud800 b \udfff c',
  'capitals that change their length': 'İstanbul ΣΑΣ',
  'a long word': 'x'.repeat(4500),
  'more than is read': 'Word 12 is £3, he said. '.repeat(200),
  'what grows when it is normalised': '﷽ '.repeat(1500),
};

for (const [name, text] of Object.entries(odd))
  test(`features are those of their texts, in the order in which they come: ${name}`, () => {
    const { entries, ends } = rawFeatures([text]);
    assert.deepEqual({ entries: [...entries], ends: [...ends] }, reference([text]));
  });

test('features of an input do not depend on the inputs before it', () => {
  const texts = Object.values(odd);
  const alone = texts.map((text) => rawFeatures([text, 'a short slot'], true));
  const again = [...texts].reverse().map((text) => rawFeatures([text, 'a short slot'], true));
  assert.deepEqual(again.reverse(), alone);
});

test('what a slot says is told apart from what another says', () => {
  const two = rawFeatures(['hello there', 'my friend']);
  const expected = reference(['hello there', 'my friend']);
  // Words and characters; slots also share marks in the branch of the shapes.
  assert.deepEqual([...two.entries.subarray(0, two.ends[1])], expected.entries.slice(0, expected.ends[1]));
});

test('a tally counts hashes in the order in which they came, however many and however often', () => {
  const random = createRandom('tally');
  const tally = new HashTally();
  for (const size of [0, 3, 5000, 127, 128, 129, 20_000]) {
    const added = Array.from({ length: size }, () => random.int(size));
    const hashes = added.map((n) => Math.imul(n + 1, 0x9e3779b1) | 0);
    const truth = new Map<number, number>();
    for (const hash of hashes) truth.set(hash, (truth.get(hash) ?? 0) + 1);
    tally.clear();
    for (const hash of hashes) tally.add(hash);
    const target = new Int32Array(2 * tally.length + 1);
    assert.equal(tally.copyTo(target, 1), target.length);
    assert.deepEqual([...target.subarray(1)], [...truth].flat());
  }
});

test('hashes that meet in one place of the table are counted apart', () => {
  const tally = new HashTally();
  for (let round = 0; round < 2; round++) for (let n = 0; n < 100; n++) tally.add(n << 20);
  const target = new Int32Array(200);
  tally.copyTo(target, 0);
  assert.deepEqual([...target], Array.from({ length: 100 }, (_, n) => [n << 20, 2]).flat());
});

test('a row read alone is the row read with others', () => {
  const texts = Object.values(odd);
  const rows = texts.map((text) => rawFeatures([text], true));
  const vocabulary = buildVocabulary(rows.filter((_, i) => i % 2 === 0));
  const all = vectorise(vocabulary, rows);
  rows.forEach((row, i) => {
    const one = vectoriseOne(vocabulary, row);
    const [from, to] = [all.start[i]!, all.start[i + 1]!];
    assert.equal(one.start[1], to - from);
    assert.deepEqual([...one.indices.subarray(0, to - from)], [...all.indices.subarray(from, to)]);
    assert.deepEqual([...one.values.subarray(0, to - from)], [...all.values.subarray(from, to)]);
    assert.equal(one.unseen[0], all.unseen[i]);
  });
});
