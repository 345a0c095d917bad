import { createRandom } from '../../src/base/random.ts';
import type { DeepData, DeepRow } from '../../src/student/deep/data.ts';
import type { DeepSpec } from '../../src/student/deep/spec.ts';
import { cnn, defaultSpec, defaultTraining, transformer } from '../../src/student/deep/spec.ts';

/** A small language that the deep rung learns in a second. */

const cities = ['paris', 'rome', 'oslo', 'lima', 'cairo', 'delhi'];
const actions = [
  { verb: ['fly', 'flight', 'plane'], label: 0 },
  { verb: ['weather', 'rain', 'sunny'], label: 1 },
  { verb: ['eat', 'dinner', 'restaurant'], label: 2 },
];

/** Three intents by one word, a second head that applies to the first two intents, and a city to tag. */
export function sentences(count: number, seed: number): DeepRow[] {
  const random = createRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[random.int(items.length)]!;
  return Array.from({ length: count }, () => {
    const { verb, label } = pick(actions);
    const [lead, city, polite] = [
      pick(['i want to', 'please tell me', 'now']),
      pick(cities),
      random.next() < 0.5,
    ];
    const tokens = [...lead.split(' '), pick(verb), 'in', city, ...(polite ? ['please'] : [])];
    const cityAt = tokens.indexOf(city);
    return {
      tokens,
      classes: [label, label === 2 ? -1 : Number(polite)],
      tags: [label === 2 ? null : tokens.map((_, i) => Number(i === cityAt))],
      weight: 1,
    };
  });
}

const heads = {
  choices: [
    { name: 'intent', classes: 3 },
    { name: 'polite', classes: 2 },
  ],
  tags: [{ name: 'city', tags: 2 }],
};
export const data: DeepData = { ...heads, train: sentences(200, 1), validation: sentences(40, 2) };
export const spec: DeepSpec = {
  ...defaultSpec,
  features: { buckets: 256 },
  encoders: [
    { ...cnn, width: 16, filters: 16, rate: 0.01 } as const,
    { ...transformer, width: 16, heads: 2, layers: 1, rate: 0.01 } as const,
  ],
  training: { ...defaultTraining, epochs: 10, batch: 16 },
};
