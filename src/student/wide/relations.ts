import { hash32 } from '../../base/hash.ts';
import type { HashTally } from './hashTally.ts';

/** The distinct words of a slot, in lower case. */
type Words = ReadonlySet<string>;

/** What the slots of an input say of each other: marks that no slot has alone. */
export function addRelations(shapes: HashTally, sets: readonly Words[], texts: readonly string[]): void {
  addCrosses(shapes, sets, texts);
  addOverlaps(shapes, sets);
}

/** A slot this short may be a parameter of the question that the other slots answer. */
const longestParameter = 24;

/** "Does it mention the PRICE?": what a short slot holds decides what the words of the others mean. */
function addCrosses(shapes: HashTally, sets: readonly Words[], texts: readonly string[]): void {
  texts.forEach((parameter, slot) => {
    if (parameter.length === 0 || parameter.length > longestParameter) return;
    const value = parameter.toLowerCase();
    sets.forEach((words, other) => {
      if (other === slot) return;
      for (const word of words) shapes.add(hash32(`${value}|${word}`, slot * 7919 + other + 19));
    });
  });
}

/** "Are these two the same?": how much two slots share, what only one of them holds, and whether that is a number. */
function addOverlaps(shapes: HashTally, sets: readonly Words[]): void {
  sets.forEach((a, i) => {
    for (const [j, b] of sets.entries()) {
      if (j <= i || a.size < 2 || b.size < 2) continue;
      const salt = i * 7919 + j + 23;
      const apart = [...a].filter((word) => !b.has(word)).concat([...b].filter((word) => !a.has(word)));
      const words = apart.filter((word) => /[\p{L}\p{N}]/u.test(word));
      const numbers = words.filter((word) => /\p{N}/u.test(word)).length;
      const shared = (a.size + b.size - apart.length) / 2;
      const tenths = Math.round((10 * shared) / Math.max(1, shared + apart.length));
      // A ladder of marks rather than one figure: a linear head can put its step where it belongs.
      for (let step = 0; step <= tenths; step++) shapes.add(hash32(`overlap ${step}`, salt));
      for (let n = 0; n < Math.min(6, words.length); n++) shapes.add(hash32(`apart ${n}`, salt));
      shapes.add(hash32(`apart ${Math.min(6, words.length)}, numbers ${Math.min(3, numbers)}`, salt));
      shapes.add(hash32(`numbers ${Math.min(3, numbers)}`, salt));
      for (const word of words) shapes.add(hash32(`only ${word}`, salt));
    }
  });
}
