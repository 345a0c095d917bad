import { createRandom } from '../../base/random.ts';
import type { Packing } from '../finished.ts';
import { type Chain, type Crf, type CrfOptions, type Lattice, type Sequence, Work } from './field.ts';
import { Thinner } from './thinner.ts';

export interface CrfWork {
  readonly pause: () => Promise<void>;
  readonly progress: (fraction: number, loss: number) => void;
}

/** Everything that a field is trained on, as a thread is given it. */
export interface FieldLesson {
  readonly sequences: readonly Sequence[];
  readonly lattices: ReadonlyMap<string, Lattice>;
  readonly features: number;
  readonly tags: number;
  readonly options: CrfOptions;
}

/** Maximum likelihood by stochastic gradient with AdaGrad steps (Duchi et al. 2011); averages the last epochs' weights. */
export async function trainCrf(
  { sequences, lattices, features, tags, options }: FieldLesson,
  { pause, progress }: CrfWork,
): Promise<Crf> {
  const emissions = new Float32Array(features * tags);
  const squares = new Float32Array(features * tags);
  const average = new Float32Array(features * tags);
  const chains = new Map([...lattices.keys()].map((group) => [group, newChain(tags)]));
  const random = createRandom(options.seed).derive('crf');
  const work = new Work(tags);
  const thinner = new Thinner(options.dropout, options.seed);
  const averageFrom = Math.max(1, Math.floor(options.epochs / 2));
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    let loss = 0;
    for (const sequence of random.shuffle(sequences)) {
      await pause();
      const lattice = lattices.get(sequence.group)!;
      const chain = chains.get(sequence.group)!;
      const seen = thinner.thin(sequence);
      work.score(seen, lattice, { emissions, scale: null }, chain.weights, chain.starts);
      loss -= work.logLikelihood(seen, lattice);
      work.step(seen, lattice, { emissions, squares, chain, options });
    }
    shrink(emissions, 1 - options.ridge, epoch >= averageFrom ? average : null);
    progress((epoch + 1) / options.epochs, loss / sequences.length);
  }
  // Nothing is left out in use: weights shrink by what was left out.
  const share = (1 - options.dropout) / (options.epochs - averageFrom);
  for (let i = 0; i < average.length; i++) average[i]! *= share;
  return {
    tags,
    emissions: average,
    scale: null,
    transitions: new Map([...chains].map(([group, chain]) => [group, chain.weights])),
    starts: new Map([...chains].map(([group, chain]) => [group, chain.starts])),
  };
}

/** Of fields as they are trained: every emission in its place, as f32. */
export const crfPacking: Packing<Crf> = {
  pack: ({ tags, emissions, transitions, starts }) => ({
    numbers: { tags },
    tensors: {
      emissions: emissions as Float32Array,
      ...Object.fromEntries([...transitions].map(([group, weights]) => [`transitions ${group}`, weights])),
      ...Object.fromEntries([...starts].map(([group, weights]) => [`starts ${group}`, weights])),
    },
  }),
  unpack: ({ numbers, tensors }) => {
    const groupsOf = (prefix: string): Map<string, Float32Array> =>
      new Map(
        Object.entries(tensors).flatMap(([name, weights]) =>
          name.startsWith(prefix) ? [[name.slice(prefix.length), weights] as const] : [],
        ),
      );
    return {
      tags: numbers['tags']!,
      emissions: tensors['emissions']!,
      scale: null,
      transitions: groupsOf('transitions '),
      starts: groupsOf('starts '),
    };
  },
};

/** Shrinks the weights and adds what is left of them to `sum`, in one pass. */
function shrink(weights: Float32Array, keep: number, sum: Float32Array | null): void {
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    const kept = Math.fround(weights[i]! * keep);
    weights[i] = kept;
    if (sum !== null) sum[i]! += kept;
  }
}

function newChain(tags: number): Chain {
  return {
    weights: new Float32Array(tags * tags),
    squares: new Float32Array(tags * tags),
    starts: new Float32Array(tags),
    startSquares: new Float32Array(tags),
  };
}
