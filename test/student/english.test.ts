import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildFeatures, createRows } from '../../src/student/deep/features.ts';
import { isEnglish } from '../../src/student/english/language.ts';
import { firstPhrase } from '../../src/student/english/phrase.ts';
import { meaningOf } from '../../src/student/english/wordnet.ts';
import { rawFeatures } from '../../src/student/wide/features.ts';
import { scoreRow, trainLinear } from '../../src/student/wide/linear.ts';
import { buildVocabulary, vectorise } from '../../src/student/wide/vocabulary.ts';

function kindsInCommon(a: string, b: string): number {
  const other = new Set(meaningOf(b)!.kinds);
  return meaningOf(a)!.kinds.filter((kind) => other.has(kind)).length;
}

test('words share kinds with words of like meaning, more of them the closer they are', () => {
  assert.ok(kindsInCommon('terrier', 'spaniel') > kindsInCommon('terrier', 'salmon'));
  assert.ok(kindsInCommon('terrier', 'salmon') > kindsInCommon('terrier', 'guitar'));
  assert.ok(kindsInCommon('guitar', 'violin') > kindsInCommon('guitar', 'paris'));
  assert.ok(kindsInCommon('paris', 'berlin') > kindsInCommon('paris', 'einstein'));
});

test('inflected words mean what their base form means', () => {
  for (const [inflected, base] of [
    ['terriers', 'terrier'],
    ['cities', 'city'],
    ['watches', 'watch'],
    ['invented', 'invent'],
  ] as const)
    assert.deepEqual(meaningOf(inflected)!.kinds, meaningOf(base)!.kinds, inflected);
  assert.equal(meaningOf('invent')!.verb, true);
  assert.equal(meaningOf('city')!.verb, false);
});

test('function words and words of no dictionary mean nothing', () => {
  for (const word of ['the', 'what', 'qzxv', 'straßenbahn', '', '42', '__proto__', 'constructor1'])
    assert.equal(meaningOf(word), null, word);
});

test('the first phrase of a question ends where its verb begins', () => {
  const phraseOf = (text: string) => {
    const words = text.split(' ');
    const found = firstPhrase(words);
    return found === null ? null : words.slice(found.start, found.end).join(' ');
  };
  assert.equal(phraseOf('what new england state carries the area code 27 ?'), 'new england state');
  assert.equal(phraseOf('what is the name of the largest island ?'), 'largest island');
  assert.equal(phraseOf('who invented it'), 'invented');
  assert.equal(phraseOf('what is it ?'), null);
  assert.equal(phraseOf(''), null);
});

test('English is told from other languages, code and logs', () => {
  assert.equal(
    isEnglish(['please cancel my flight to boston', 'what is the weather like in the mountains']),
    true,
  );
  assert.equal(
    isEnglish(['bitte stornieren sie meinen flug nach köln', 'wie wird morgen das wetter']),
    false,
  );
  assert.equal(isEnglish(['je voudrais savoir quand mon colis arrive', 'annulez ma commande']), false);
  assert.equal(isEnglish(['const fooBar = (x) => baz_qux[x] ?? null;']), false);
  assert.equal(isEnglish(['我的包裹什么时候到', '']), false);
});

test('what words mean counts less the more of them there are', () => {
  const short = 'where did you see the wolf';
  const long = Array.from({ length: 20 }, (_, i) => `${short} and then the qzx${i}`).join(' ');
  const raw = [short, long].map((text) => rawFeatures([text], true));
  // A kind needs three rows to be kept.
  const vocabulary = buildVocabulary([...raw, ...raw, ...raw]);
  const written = [short, long].map(
    (text) => new Set(rawFeatures([text]).entries.filter((_, j) => j % 2 === 0)),
  );
  const { start, indices, values } = vectorise(vocabulary, raw);
  const weightOfMeaning = (row: number): number => {
    let sum = 0;
    for (let j = start[row]!; j < start[row + 1]!; j++)
      if (!written[row]!.has(vocabulary.hashes[indices[j]!]! | 0)) sum += values[j]! ** 2;
    return sum;
  };
  assert.ok(weightOfMeaning(0) > 0.5, String(weightOfMeaning(0)));
  assert.ok(weightOfMeaning(1) < 0.2 * weightOfMeaning(0), String(weightOfMeaning(1)));
});

test('what is learned of some words holds for words of their kind that training never saw', async () => {
  const animals = ['dog', 'horse', 'salmon', 'eagle', 'cow', 'trout', 'sparrow', 'goat'];
  const tools = ['hammer', 'drill', 'saw', 'wrench', 'chisel', 'pliers', 'screwdriver', 'axe'];
  const learned = [...animals, ...tools].map((word) => `where did you see the ${word}`);
  const asked = ['where did you see the wolf', 'where did you see the mallet'];
  const right = async (english: boolean): Promise<number> => {
    const raw = [...learned, ...asked].map((text) => rawFeatures([text], english));
    const vocabulary = buildVocabulary(raw.slice(0, learned.length));
    const data = vectorise(vocabulary, raw);
    const rows = Int32Array.from(learned, (_, i) => i);
    const labels = rows.map((i) => (i < animals.length ? 0 : 1));
    const features = vocabulary.hashes.length;
    const problem = { data, features, rows, labels, classes: 2 };
    const head = await trainLinear(problem);
    const scores = new Float64Array(2);
    return asked.filter((_, i) => {
      scoreRow(head, data, learned.length + i, scores);
      // By a margin: letters alone lean to one side or the other too.
      return scores[i]! - scores[1 - i]! > 0.2;
    }).length;
  };
  assert.equal(await right(true), 2);
  assert.ok((await right(false)) < 2);
});

test('a word that training never saw stays unseen, whatever its kind', () => {
  const learned = [rawFeatures(['the dog'], true), rawFeatures(['the cat'], true)];
  const vocabulary = buildVocabulary([...learned, ...learned]);
  const [unseen] = vectorise(vocabulary, [rawFeatures(['wolf'], true)]).unseen;
  const [plain] = vectorise(buildVocabulary([rawFeatures(['the dog']), rawFeatures(['the cat'])]), [
    rawFeatures(['wolf']),
  ]).unseen;
  assert.equal(unseen! > 0.8 && Math.abs(unseen! - plain!) < 0.1, true);
});

test('a network reads the kinds of English words, and of no others', () => {
  const english = buildFeatures([['please', 'walk', 'the', 'dog', 'before', 'dinner']]);
  const german = buildFeatures([['bitte', 'führen', 'sie', 'den', 'hund', 'aus']]);
  assert.equal(english.english, true);
  assert.equal(german.english, false);
  const shared = (table: typeof english): number => {
    const other = new Set(createRows(table)('spaniel'));
    return createRows(table)('terrier').filter((row) => other.has(row)).length;
  };
  assert.ok(shared(english) >= shared(german) + 5);
});
