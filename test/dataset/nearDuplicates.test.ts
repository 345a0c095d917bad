import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearDuplicateClusters } from '../../src/base/minhash.ts';
import { createRandom } from '../../src/base/random.ts';

const random = createRandom('near');
const words = Array.from({ length: 80 }, (_, i) => `word${i * 37}`);
const sentence = (length: number): string[] => Array.from({ length }, () => words[random.int(words.length)]!);
const originals = Array.from({ length: 12 }, (_, i) => sentence(3 + i * 4));

/** Sentences and copies of them with up to five words exchanged. */
const texts = Array.from({ length: 240 }, (_, i) => {
  const text = [...originals[i % originals.length]!];
  for (let n = random.int(6); n > 0; n--) text[random.int(text.length)] = sentence(1)[0]!;
  return text.join(' ');
});

function gramsOf(text: string): Set<string> {
  const padded = ` ${text} `;
  return new Set(Array.from({ length: padded.length - 4 }, (_, i) => padded.slice(i, i + 5)));
}

function similarity(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const common = [...a].filter((gram) => b.has(gram)).length;
  return common / (a.size + b.size - common);
}

const grams = texts.map(gramsOf);
const alike = grams.map((a) => grams.map((b) => similarity(a, b)));

for (const threshold of [0.5, 0.8, 0.95]) {
  test(`texts in one cluster are linked by similarities of ${threshold} and more, and next to equal ones are in one`, () => {
    const clusters = nearDuplicateClusters(texts, threshold);
    for (const [i, cluster] of clusters.entries()) {
      const linked = new Set([i]);
      for (const k of linked)
        for (const [j, value] of alike[k]!.entries()) if (value >= threshold) linked.add(j);
      clusters.forEach((other, j) => {
        if (other === cluster) assert.ok(linked.has(j), `${texts[i]} / ${texts[j]}`);
        if (alike[i]![j]! >= Math.max(threshold, 0.97)) assert.equal(other, cluster);
      });
    }
    assert.ok(new Set(clusters).size < texts.length);
  });
}
