import { createRandom } from '../base/random.ts';
import { HashCounts, indexOf } from './hashes.ts';

/**
 * What the signs of an answer say of it beyond its probability, as plain data: where answers with a sign were wrong more
 * often than they were sure, the sign speaks against the next one. Teachers that decide the same case now so and now
 * otherwise, and values that are next to never read rightly, show in no probability of a model that learned from them.
 */
export interface Doubts {
  /** Sorted hashes of signs. */
  readonly signs: readonly number[];
  /** Log odds that each adds to those of the answer. */
  readonly odds: readonly number[];
}

/** An answer to a row that was held out. */
export interface Doubtful {
  /** Hashes of signs, each once. */
  readonly signs: Uint32Array;
  /** Log odds that it is right, by all else that is known of it. */
  readonly sureness: number;
  readonly agree: boolean;
}

/** Fewer answers with a sign than this say nothing of others. */
const leastAnswers = 3;
const passes = 12;
const rate = 0.03;
const ridge = 1e-3;

/** Logistic regression over signs beside the sureness, which stays as it is, by AdaGrad steps (Duchi et al. 2011). */
export function learnDoubts(answers: readonly Doubtful[]): Doubts {
  const counts = new HashCounts();
  for (const { signs } of answers) for (const sign of signs) counts.add(sign);
  const { hashes } = counts.atLeast(leastAnswers);
  const places = answers.map(({ signs }) => signs.map((sign) => indexOf(hashes, sign) + 1));
  // Place 0 is the bias, and stands in for every sign that is too rare as well: it is added once.
  const odds = new Float64Array(hashes.length + 1);
  const squares = new Float64Array(hashes.length + 1).fill(1);
  const random = createRandom('doubts');
  const order = [...answers.keys()];
  for (let pass = 0; pass < passes; pass++)
    for (const i of random.shuffle(order)) {
      const { sureness, agree } = answers[i]!;
      let z = sureness + odds[0]!;
      for (const place of places[i]!) if (place > 0) z += odds[place]!;
      const error = 1 / (1 + Math.exp(-z)) - (agree ? 1 : 0);
      const move = (place: number): void => {
        const gradient = error + ridge * odds[place]!;
        squares[place]! += gradient * gradient;
        odds[place]! -= (rate * gradient) / Math.sqrt(squares[place]!);
      };
      move(0);
      for (const place of places[i]!) if (place > 0) move(place);
    }
  const rounded = Array.from(hashes, (_, i) => Math.round(odds[i + 1]! * 1000) / 1000);
  const kept = [...rounded.keys()].filter((i) => rounded[i] !== 0);
  return { signs: kept.map((i) => hashes[i]!), odds: kept.map((i) => rounded[i]!) };
}

/** Log odds by which the signs of an answer speak for it; negative where they speak against it. */
export function doubtOf({ signs, odds }: Doubts, own: Uint32Array): number {
  return own.reduce((sum, sign) => sum + (odds[indexOf(signs, sign)] ?? 0), 0);
}
