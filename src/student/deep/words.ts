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
  /** Places the words of these rows and the dropped word; returns the slot of each. */
  place(members: readonly EncodedRow[]): ReadonlyMap<number, number>;
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
      const { slots } = found;
      ownBag.fill(0);
      sharedBag.fill(0);
      rows.fill(PAD_ROW);
      assign(found);
      for (const [word, slot] of slots) {
        const parts = corpus.lexicon[word]!;
        const share = 1 / Math.sqrt(parts.length);
        for (const part of parts) {
          const place = placeOf[part]!;
          // A word may have the same row twice, so shares add up.
          if (place < sharedStart) ownBag[slot * own + (place % own)]! += share;
          else sharedBag[slot * shared + place - sharedStart]! += share;
        }
      }
      for (let r = 0; r < rows.length; r++) lowHalves[2 * r] = rows[r]!;
      return slots;
    },
  };
}

/** The room that the words of any of these batches need. */
export function measureWords(corpus: Corpus, batches: readonly PlannedBatch[]): WordShape {
  const survey = createSurvey(corpus);
  let groups = 1;
  const counted = batches.map(({ members }) => {
    const { slots, groups: homes, count } = survey(members);
    const own = new Int32Array(Math.ceil((slots.size + 1) / GROUP));
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
  /** Slot by word. */
  readonly slots: ReadonlyMap<number, number>;
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
  return (members) => {
    const distinct = new Set<number>([DROPPED_WORD]);
    for (const { words } of members) for (const word of words) distinct.add(word);
    const sorted = Int32Array.from(distinct).sort();
    const slots = new Map(Array.from(sorted, (word, i) => [word, PADDING_SLOT + 1 + i]));
    let count = 0;
    for (const [word, slot] of slots) {
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
    return { slots, rows, groups, count };
  };
}

function roundUp(n: number, step: number): number {
  return Math.max(step, Math.ceil(n / step) * step);
}
