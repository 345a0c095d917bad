import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { trainCrf } from '../../src/student/tagger/crf.ts';
import { type Lattice, type Sequence, Work } from '../../src/student/tagger/field.ts';
import { latticeOf } from '../../src/student/tagger/lattice.ts';
import { type Tagger, taggerFromArrays, taggerToArrays } from '../../src/student/tagger/model.ts';
import { spansOf, tagsOf } from '../../src/student/tagger/tagging.ts';

const group = {
  leader: null,
  slots: [
    { slot: 'a', kind: 0, occurrence: 0 },
    { slot: 'b', kind: 1, occurrence: 0 },
  ],
  regions: [],
  single: [],
  earlier: [],
};
const lattice = latticeOf(group);
const tags = 5;

function randomCase(seed: number, length: number) {
  const random = createRandom(seed);
  const weights = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());
  const features = 4;
  const sequence: Sequence = {
    group: '',
    start: Int32Array.from({ length: length + 1 }, (_, i) => i * 2),
    features: Int32Array.from({ length: length * 2 }, () => random.int(features)),
    tags: new Int32Array(length),
    weight: 1,
  };
  return {
    sequence,
    emissions: weights(features * tags),
    scale: null,
    transitions: weights(tags * tags),
    starts: weights(tags),
  };
}

/** Every tagging that the lattice allows with its unnormalised weight. */
function enumerate({ sequence, emissions, transitions, starts }: ReturnType<typeof randomCase>, of: Lattice) {
  const length = sequence.start.length - 1;
  const width = of.allowed.length;
  const found: { tags: number[]; score: number }[] = [];
  const walk = (path: number[], score: number): void => {
    const i = path.length;
    if (i === length) {
      found.push({ tags: path.map((a) => of.allowed[a]!), score });
      return;
    }
    for (let b = 0; b < width; b++) {
      const before = path.at(-1);
      if (before === undefined ? of.begins[b] === 0 : of.follows[before * width + b] === 0) continue;
      let next = score;
      for (let j = sequence.start[i]!; j < sequence.start[i + 1]!; j++)
        next += emissions[sequence.features[j]! * tags + of.allowed[b]!]!;
      next +=
        before === undefined
          ? starts[of.allowed[b]!]!
          : transitions[of.allowed[before]! * tags + of.allowed[b]!]!;
      walk([...path, b], next);
    }
  };
  walk([], 0);
  return found;
}

test('the best tagging and its probability equal those of full enumeration', () => {
  for (let seed = 0; seed < 20; seed++) {
    const made = randomCase(seed, 1 + (seed % 5));
    const all = enumerate(made, lattice);
    const best = all.reduce((a, b) => (b.score > a.score ? b : a));
    const total = all.reduce((sum, { score }) => sum + Math.exp(score), 0);
    const work = new Work(tags);
    work.score(made.sequence, lattice, made, made.transitions, made.starts);
    const found = work.best(lattice);
    assert.deepEqual([...found.tags], best.tags);
    assert.ok(Math.abs(found.probability - Math.exp(best.score) / total) < 1e-5);
  }
});

test('the log likelihood of a tagging equals that of full enumeration', () => {
  for (let seed = 0; seed < 10; seed++) {
    const made = randomCase(seed, 4);
    const all = enumerate(made, lattice);
    const total = all.reduce((sum, { score }) => sum + Math.exp(score), 0);
    const chosen = all[(seed * 7) % all.length]!;
    const sequence = { ...made.sequence, tags: Int32Array.from(chosen.tags) };
    const work = new Work(tags);
    work.score(sequence, lattice, made, made.transitions, made.starts);
    assert.ok(Math.abs(work.logLikelihood(sequence, lattice) - (chosen.score - Math.log(total))) < 1e-5);
  }
});

test('training raises the likelihood until the training tags are the best ones', async () => {
  const sequences = Array.from({ length: 30 }, (_, i): Sequence => {
    const gold = [0, 1, 2, 0, 3].map((tag, j) => (i % 2 === 0 ? tag : [3, 0, 1, 2, 0][j]!));
    return {
      group: '',
      start: Int32Array.from([0, 1, 2, 3, 4, 5]),
      features: Int32Array.from(gold.map((tag, j) => tag + 5 * ((i + j) % 2))),
      tags: Int32Array.from(gold),
      weight: 1,
    };
  });
  const losses: number[] = [];
  const crf = await trainCrf(
    {
      sequences,
      lattices: new Map([['', lattice]]),
      features: 10,
      tags,
      options: { epochs: 12, rate: 0.2, ridge: 0, dropout: 0, seed: 1 },
    },
    { pause: async () => {}, progress: (_, loss) => losses.push(loss) },
  );
  assert.ok(losses.at(-1)! < losses[0]! / 5);
  const work = new Work(tags);
  for (const sequence of sequences) {
    work.score(sequence, lattice, crf, crf.transitions.get('')!, crf.starts.get('')!);
    assert.deepEqual([...work.best(lattice).tags], [...sequence.tags]);
  }
});

test('a tagger without its zeros scores as it did with them, but for the rounding to 8 bits', () => {
  const { sequence, emissions, transitions, starts } = randomCase(5, 6);
  const sparse = emissions.map((weight) => (Math.abs(weight) < 0.6 ? 0 : weight));
  // Feature 2 says nothing: it is left out, and those after it move up.
  sparse.fill(0, 2 * tags, 3 * tags);
  const scheme = { kinds: ['a', 'b'], groups: { '': group }, spaces: false };
  const none = { keys: new Uint32Array(0), start: Int32Array.of(0), kinds: new Int32Array(0) };
  const chain = { transitions: new Map([['', transitions]]), starts: new Map([['', starts]]) };
  const hashes = Uint32Array.of(10, 20, 30, 40);
  const made: Tagger = {
    scheme,
    hashes,
    phrases: none,
    words: none,
    templates: null,
    crf: { tags, emissions: sparse, scale: null, ...chain },
  };
  const read = taggerFromArrays(scheme, taggerToArrays(made));
  assert.deepEqual([...read.hashes], [10, 20, 40]);
  assert.ok(read.crf.emissions.every((weight) => weight !== 0));
  const known = [...sequence.features].map((f) => [...read.hashes].indexOf(hashes[f]!));
  const without = [0, 1, 2, 3, 4, 5, 6].map((i) => known.slice(0, 2 * i).filter((f) => f >= 0).length);
  const [before, after] = [new Work(tags), new Work(tags)];
  before.score(sequence, lattice, made.crf, transitions, starts);
  const packed = {
    ...sequence,
    start: Int32Array.from(without),
    features: Int32Array.from(known.filter((f) => f >= 0)),
  };
  after.score(packed, lattice, read.crf, transitions, starts);
  const [a, b] = [before.best(lattice), after.best(lattice)];
  assert.deepEqual([...a.tags], [...b.tags]);
  assert.ok(Math.abs(Math.log(a.probability) - Math.log(b.probability)) < 0.1);
});

const tokens = 'open door 7 now'
  .split(' ')
  .map((text, i) => ({ text, slot: 's', start: i * 5, end: i * 5 + text.length }));

test('spans become tags and tags become spans again', () => {
  const targets = {
    a: { kind: 'spans', spans: [{ slot: 's', start: 5, end: 11 }] },
    b: { kind: 'spans', spans: [{ slot: 's', start: 15, end: 18 }] },
  } as const;
  const found = tagsOf(group, tokens, targets);
  assert.deepEqual([...found!], [0, 1, 2, 3]);
  assert.deepEqual(spansOf(group, tokens, found!), targets);
});

test('a span that cuts a token has no tags', () => {
  const targets = { a: { kind: 'spans', spans: [{ slot: 's', start: 6, end: 9 }] } } as const;
  assert.equal(tagsOf(group, tokens, targets), null);
});

test('a region reaches over the spans inside it', () => {
  const masked = { ...group, regions: [{ region: 0, inner: 1, empty: 2 }] };
  const targets = {
    a: { kind: 'spans', spans: [{ slot: 's', start: 0, end: 18 }] },
    b: { kind: 'spans', spans: [{ slot: 's', start: 10, end: 11 }] },
  } as const;
  const found = tagsOf(masked, tokens, targets);
  assert.deepEqual([...found!], [1, 2, 3, 2]);
  assert.deepEqual(spansOf(masked, tokens, found!), targets);
  const inside = latticeOf(masked);
  assert.equal(
    inside.follows[inside.allowed.indexOf(3) * inside.allowed.length + inside.allowed.indexOf(2)],
    1,
  );
});

test('features are left out of each step alike for one seed, and what remains still decides', async () => {
  // Features 0 and 1 both tell the tag; feature 2 says nothing.
  const sequences = Array.from({ length: 60 }, (_, i): Sequence => {
    const gold = [i % 2, (i >> 1) % 2];
    return {
      group: '',
      start: Int32Array.of(0, 3, 6),
      features: Int32Array.from(gold.flatMap((tag) => [tag * 2, tag * 2 + 1, 4])),
      tags: Int32Array.from(gold),
      weight: 1,
    };
  });
  const free: Lattice = {
    allowed: Int32Array.of(0, 1),
    follows: new Uint8Array(4).fill(1),
    begins: new Uint8Array(2).fill(1),
  };
  const lattices = new Map([['', free]]);
  const train = (dropout: number) => {
    const options = { epochs: 6, rate: 0.2, ridge: 0, seed: 1, dropout };
    return trainCrf(
      { sequences, lattices, features: 5, tags: 2, options },
      { pause: async () => {}, progress: () => {} },
    );
  };
  const [plain, thinned] = [await train(0), await train(0.4)];
  assert.notDeepEqual(plain.emissions, thinned.emissions);
  assert.deepEqual((await train(0.4)).emissions, thinned.emissions);
  // Feature 1 alone still decides for tag 0.
  assert.ok(thinned.emissions[1 * 2]! > thinned.emissions[1 * 2 + 1]! + 0.5);
});
