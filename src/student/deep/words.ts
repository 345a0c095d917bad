import type { HostTensor } from '../../onnx/runtime.ts';
import type { Corpus, EncodedRow, PlannedBatch } from './corpus.ts';
import { DROPPED_WORD } from './corpus.ts';
import { PAD_ROW } from './features.ts';

/**
 * Where the words of a batch and the table rows of those words lie in a training step. The embedding of a word is the sum
 * of its rows, which is a product of a very sparse matrix with the rows. Two rows in three belong to one word of the batch
 * alone, so words are taken in groups: rows that one group alone has are multiplied by group, a block on the diagonal, and
 * only the others as a matrix over all words. That is a third of the work, and all of it matrix products, on any device.
 */
export interface WordShape {
  /** Groups of GROUP words each. */
  readonly groups: number;
  /** Places for rows that the words of one group alone have. */
  readonly own: number;
  /** Places for the other rows. */
  readonly shared: number;
}

export const GROUP = 16;

/** The word of every position beyond the end of a row: it has no rows, so its embedding is zero. */
export const PADDING_SLOT = 0;

/** Fills the word feeds of a step; the buffers are reused. */
export interface Placer {
  readonly feeds: Readonly<Record<string, HostTensor>>;
  /** Places the words of these rows and the dropped word; the slot of each, by word, is good until the next time. */
  place(members: readonly EncodedRow[]): Int32Array;
}

export function createPlacer(corpus: Corpus, { groups, own, shared }: WordShape): Placer {
  const survey = createSurvey(corpus);
  const ownBag = new Float32Array(groups * GROUP * own);
  const sharedBag = new Float32Array(groups * GROUP * shared);
  const rows = new Int32Array(groups * own + shared);
  // Every platform that runs this is little-endian: the low half of each number is the first.
  const rowsLong = new BigInt64Array(rows.length);
  const lowHalves = new Int32Array(rowsLong.buffer);
  const placeOf = new Int32Array(corpus.tableRows);
  const used = new Int32Array(groups);
  const sharedStart = groups * own;
  const [writtenOwn, writtenShared] = [createTrail(ownBag), createTrail(sharedBag)];

  /** Gives each row its place: in its group's block while there is room, else among the shared ones. */
  const assign = ({ rows: found, groups: homes, count }: Survey): void => {
    used.fill(0);
    let next = sharedStart;
    for (let i = 0; i < count; i++) {
      const group = homes[i]!;
      const inGroup = group >= 0 && used[group]! < own;
      const place = inGroup ? group * own + used[group]! : next++;
      if (inGroup) used[group]!++;
      placeOf[found[i]!] = place;
      rows[place] = found[i]!;
    }
  };

  return {
    feeds: {
      'bag.own': { dtype: 'f32', shape: [groups, GROUP, own], data: ownBag },
      'bag.shared': { dtype: 'f32', shape: [groups * GROUP, shared], data: sharedBag },
      'rows.own': { dtype: 'i32', shape: [groups, own], data: rows.subarray(0, sharedStart) },
      'rows.shared': { dtype: 'i32', shape: [shared], data: rows.subarray(sharedStart) },
      rows: { dtype: 'i32', shape: [rows.length], data: rows },
      'rows.long': { dtype: 'i64', shape: [rows.length, 1], data: rowsLong },
    },
    place: (members) => {
      const found = survey(members);
      const { words, slotOf } = found;
      writtenOwn.clear();
      writtenShared.clear();
      rows.fill(PAD_ROW);
      assign(found);
      for (const word of words) {
        const slot = slotOf[word]!;
        const parts = corpus.lexicon[word]!;
        const share = 1 / Math.sqrt(parts.length);
        for (const part of parts) {
          const place = placeOf[part]!;
          // A word may have the same row twice, so shares add up.
          if (place < sharedStart) writtenOwn.add(slot * own + (place % own), share);
          else writtenShared.add(slot * shared + place - sharedStart, share);
        }
      }
      for (let r = 0; r < rows.length; r++) lowHalves[2 * r] = rows[r]!;
      return slotOf;
    },
  };
}

/** Adds to places of an array that is zero elsewhere; a few thousand of a third of a million are cleared one by one. */
function createTrail(array: Float32Array) {
  const places: number[] = [];
  let length = 0;
  return {
    add: (place: number, value: number): void => {
      places[length++] = place;
      array[place]! += value;
    },
    clear: (): void => {
      for (let i = 0; i < length; i++) array[places[i]!] = 0;
      length = 0;
    },
  };
}

/** The room that the words of any of these batches need. */
export function measureWords(corpus: Corpus, batches: readonly PlannedBatch[]): WordShape {
  const survey = createSurvey(corpus);
  let groups = 1;
  const counted = batches.map(({ members }) => {
    const { words, groups: homes, count } = survey(members);
    const own = new Int32Array(Math.ceil((words.length + 1) / GROUP));
    let shared = 0;
    for (const group of homes.subarray(0, count)) {
      if (group >= 0) own[group]!++;
      else shared++;
    }
    groups = Math.max(groups, own.length);
    return { own, shared };
  });
  // A place that stays empty costs what a row in the wrong block costs: so half of the groups may overflow.
  const counts = counted.flatMap(({ own }) => [...own]).sort((a, b) => a - b);
  const own = roundUp(counts[counts.length >> 1] ?? 1, 8);
  const needed = counted.map((batch) =>
    batch.own.reduce((sum, n) => sum + Math.max(0, n - own), batch.shared),
  );
  return {
    groups,
    own,
    shared: roundUp(
      needed.reduce((a, b) => Math.max(a, b), 1),
      16,
    ),
  };
}

interface Survey {
  /** The distinct words in their order, and the slot of each by word. */
  readonly words: Int32Array;
  readonly slotOf: Int32Array;
  /** The rows of all words, `count` of them, and for each the group whose words alone have it, or SEVERAL. */
  readonly rows: Int32Array;
  readonly groups: Int32Array;
  readonly count: number;
}

const UNSEEN = -2;
const SEVERAL = -1;

/**
 * Gives the words of a batch slots in their order; what dropout does to them later moves nothing. The arrays of a survey
 * are good until the next one.
 */
function createSurvey(corpus: Corpus): (members: readonly EncodedRow[]) => Survey {
  const home = new Int32Array(corpus.tableRows).fill(UNSEEN);
  const rows = new Int32Array(corpus.tableRows);
  const groups = new Int32Array(corpus.tableRows);
  const slotOf = new Int32Array(corpus.lexicon.length);
  const list = new Int32Array(corpus.lexicon.length);
  /** The survey in which a word was last seen. */
  const seen = new Uint32Array(corpus.lexicon.length);
  let surveys = 0;

  const wordsOf = (members: readonly EncodedRow[]): Int32Array => {
    surveys++;
    seen[DROPPED_WORD] = surveys;
    list[0] = DROPPED_WORD;
    let size = 1;
    for (const { words } of members)
      for (const word of words) {
        if (seen[word] === surveys) continue;
        seen[word] = surveys;
        list[size++] = word;
      }
    return list.subarray(0, size).sort();
  };

  return (members) => {
    const words = wordsOf(members);
    let count = 0;
    for (const [i, word] of words.entries()) {
      const slot = PADDING_SLOT + 1 + i;
      slotOf[word] = slot;
      const group = Math.floor(slot / GROUP);
      for (const row of corpus.lexicon[word]!) {
        const before = home[row]!;
        if (before === UNSEEN) rows[count++] = row;
        home[row] = before === UNSEEN || before === group ? group : SEVERAL;
      }
    }
    for (let i = 0; i < count; i++) {
      groups[i] = home[rows[i]!]!;
      home[rows[i]!] = UNSEEN;
    }
    return { words, slotOf, rows, groups, count };
  };
}

function roundUp(n: number, step: number): number {
  return Math.max(step, Math.ceil(n / step) * step);
}
