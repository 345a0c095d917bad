import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import type { Example } from '../../src/dataset/example.ts';
import { type Doubtful, doubtOf, learnDoubts } from '../../src/student/doubts.ts';
import { crossDoubts, type Read } from '../../src/student/judge.ts';
import { placedTokens } from '../../src/student/tagger/features.ts';
import type { TagGroup } from '../../src/student/tagger/scheme.ts';
import { signsOf } from '../../src/student/tagger/signs.ts';

const [common, odd, plain, rare] = [11, 22, 33, 44] as const;

/** Answers that are right nine times in ten and look like it; those with the odd sign are wrong every second time. */
function answers(count: number): Doubtful[] {
  const random = createRandom(5);
  return Array.from({ length: count }, (_, i) => {
    const isOdd = i % 5 === 0;
    return {
      signs: Uint32Array.of(common, isOdd ? odd : plain, ...(i === 7 ? [rare] : [])),
      sureness: Math.log(9),
      agree: random.next() < (isOdd ? 0.5 : 0.9),
    };
  });
}

test('A sign speaks against an answer where such answers were wrong more often than they were sure.', () => {
  const doubts = learnDoubts(answers(2000));
  const [against, neither] = [odd, plain].map((sign) => doubtOf(doubts, Uint32Array.of(common, sign)));
  assert.ok(against! < -1, `${against}`);
  assert.ok(Math.abs(neither!) < 0.5, `${neither}`);
});

test('Signs that are rare or unknown say nothing.', () => {
  const doubts = learnDoubts(answers(2000));
  assert.equal(doubts.signs.includes(rare), false);
  assert.equal(doubtOf(doubts, Uint32Array.of(rare, 99)), 0);
});

test('Held-out rows are judged by what other blocks of time show.', () => {
  const signals = {
    joint: 0.9,
    least: 0.9,
    margin: 0.8,
    entropy: 0.2,
    spans: 0.9,
    agreement: 0.9,
    unseen: 0.2,
    near: 0.5,
    slots: 1,
    template: true,
    written: null,
  };
  // The odd sign is wrong in the first third and nowhere else.
  const rows = Array.from({ length: 600 }, (_, i): Read => {
    const isOdd = i % 4 === 0;
    const decoded = {
      answer: null,
      reason: null,
      targets: {},
      bucket: 'all',
      signals,
      signs: Uint32Array.of(common, isOdd ? odd : plain),
    };
    const example = { cluster: i } as Example;
    return { example, decoded, length: 20, leaning: () => 0, doubt: 0, agree: !(isOdd && i < 200) };
  });
  const judge = crossDoubts(
    rows.map(({ example }) => example),
    rows,
  )!.judge;
  const [first, last] = [judge(rows[0]!).doubt, judge(rows[400]!).doubt];
  assert.ok(first > last + 0.5, `${first} ${last}`);
});

test('Where nothing is copied there are no doubts.', () => {
  const rows = answers(400).map(
    ({ agree }, cluster) => ({ example: { cluster }, decoded: { signs: new Uint32Array() }, agree }) as Read,
  );
  assert.equal(
    crossDoubts(
      rows.map(({ example }) => example),
      rows,
    ),
    null,
  );
});

test('A copy has signs of its ends, of what stands beside it, of its case and of whether it is known.', () => {
  const group = { slots: [{ slot: 'city', kind: 0 }] } as unknown as TagGroup;
  const signs = (text: string, value: string, isKnown = false): Set<number> => {
    const start = text.indexOf(value);
    const spans = [{ slot: 'input', start, end: start + value.length }];
    return new Set(
      signsOf(
        group,
        placedTokens({ slots: { input: text } } as never, ['input']),
        { city: { kind: 'spans', spans } },
        {
          phrase: () => (isKnown ? [0] : []),
          word: () => [0],
        },
      ),
    );
  };
  const plain = signs('Rain in Oslo today', 'Oslo');
  const differing = (others: Set<number>): number => [...plain].filter((sign) => !others.has(sign)).length;
  assert.equal(differing(signs('Rain in Oslo today', 'Oslo')), 0);
  assert.equal(differing(signs('Rain near Oslo today', 'Oslo')), 1, 'the word before');
  assert.equal(differing(signs('Rain in oslo today', 'oslo')), 1, 'the case');
  assert.equal(differing(signs('Rain in Rome today', 'Rome')), 2, 'its first and last word');
  assert.equal(differing(signs('Rain in Oslo today', 'Oslo', true)), 1, 'whether it is known');
});
