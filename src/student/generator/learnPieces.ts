import type { TextSlot } from '../../dataset/plan.ts';
import { casings, type Edit, editBetween, editText } from './edits.ts';
import {
  copiesOf,
  type InputPiece,
  indexOf,
  initialsIn,
  inputPieces,
  isWord,
  joinedFrom,
  type PieceTable,
  runsOf,
  spell,
  type Unit,
} from './pieces.ts';

/** A value to learn to write, and the texts that it is written from. */
export interface Writing {
  readonly texts: readonly string[];
  readonly slot: number;
  readonly value: string;
}

/** Values enough to learn the pieces from. */
const mostRead = 4000;
const mostWords = 1500;
const mostKnown = 400;
const mostEdits = 12;
/** Above this share of values with a word spelled letter by letter, all are. */
const mostSpelled = 0.25;

/** Learns pieces and edits from values; letter by letter where too few words of the values are words of the inputs. */
export function learnPieces(writings: readonly Writing[], slots: readonly TextSlot[]): PieceTable {
  const step = Math.max(1, writings.length / mostRead);
  const some = Array.from(
    { length: Math.floor(writings.length / step) },
    (_, i) => writings[Math.floor(i * step)]!,
  );
  const words = tableOf('word', some, slots);
  if (spelledShare(words, some) <= mostSpelled) return words;
  return tableOf('character', some, slots);
}

interface Pair {
  readonly input: readonly InputPiece[];
  readonly value: string;
}

function tableOf(unit: Unit, writings: readonly Writing[], slots: readonly TextSlot[]): PieceTable {
  const pairs = writings.map(({ texts, value }): Pair => ({ input: inputPieces(unit, texts), value }));
  const edits = unit === 'word' ? learnEdits(pairs) : casesUsed(pairs, (value) => [...value]);
  return {
    unit,
    words: commonest(
      pairs.flatMap(({ input }) => input.map(({ text }) => text.toLowerCase())),
      2,
      mostWords,
    ),
    vocabulary: ['', ...learnVocabulary(unit, pairs, edits)],
    edits,
    slots: slots.map(({ name, short }) => ({ name, ...short! })),
  };
}

/** The cases in which pieces are copied, each counted for what no earlier one explains. */
function casesUsed(pairs: readonly Pair[], partsOf: (value: string) => readonly string[]): Edit[] {
  const counts = new Map(casings.map((casing) => [casing, 0]));
  let all = 0;
  for (const { input, value } of pairs) {
    for (const part of partsOf(value)) {
      if (!isWord(part)) continue;
      all++;
      const used = casings.find((casing) => input.some(({ text }) => editText(whole(casing), text) === part));
      if (used !== undefined) counts.set(used, counts.get(used)! + 1);
    }
  }
  const kept = casings.filter((casing) => counts.get(casing)! > Math.max(1, 0.002 * all));
  return (kept.length === 0 ? (['same'] as const) : kept).map(whole);
}

function whole(casing: Edit['casing']): Edit {
  return { casing, head: 0, cut: '', append: '' };
}

/** Cases, first letters, and beginnings and endings that explain several words which are no copies. */
function learnEdits(pairs: readonly Pair[]): Edit[] {
  const edits = casesUsed(pairs, runsOf);
  const unexplained: Set<string>[] = [];
  for (const { input, value } of pairs) {
    const copies = copiesOf(edits, input);
    for (const run of runsOf(value)) {
      if (copies.has(run) || !/\p{L}/u.test(run) || joinedFrom(run, copies, input.length) !== null) continue;
      if (initialsIn(run, input) !== null) {
        const casing = run === run.toUpperCase() ? 'upper' : 'lower';
        unexplained.push(new Set([JSON.stringify({ casing, head: 1, cut: '', append: '' })]));
        continue;
      }
      const found = input.flatMap(({ text }) => editBetween(text, run)).map((edit) => JSON.stringify(edit));
      if (found.length > 0) unexplained.push(new Set(found));
    }
  }
  const least = Math.max(4, 0.005 * pairs.length);
  return [...edits, ...fewest(unexplained, least, mostEdits - edits.length)];
}

/** Edits that explain the most words, each counted for those that no earlier one explains. */
function fewest(words: readonly ReadonlySet<string>[], least: number, most: number): Edit[] {
  const taken: Edit[] = [];
  for (let rest = words; taken.length < most; ) {
    const [best] = commonest(
      rest.flatMap((edits) => [...edits]),
      least,
      1,
    );
    if (best === undefined) break;
    taken.push(JSON.parse(best) as Edit);
    rest = rest.filter((edits) => !edits.has(best));
  }
  return taken;
}

/** Pieces that come again and are no copies, and the letters of those that do not. */
function learnVocabulary(unit: Unit, pairs: readonly Pair[], edits: readonly Edit[]): string[] {
  const runs: string[] = [];
  const letters: string[] = [];
  for (const { input, value } of pairs) {
    const copies = copiesOf(edits, input);
    if (unit === 'character') {
      letters.push(...new Set(value));
      continue;
    }
    for (const run of new Set(runsOf(value))) {
      if (!isWord(run)) letters.push(...run);
      const copied = copies.has(run) || joinedFrom(run, copies, input.length) !== null;
      if (!isWord(run) || !copied) runs.push(run);
    }
  }
  const known = commonest(runs, Math.max(2, 0.001 * pairs.length), mostKnown);
  const own = new Set(known);
  for (const run of runs) if (!own.has(run)) letters.push(...run);
  return [...new Set([...known, ...commonest(letters, 2, mostKnown)])];
}

/** The most frequent texts, ties in code unit order. */
function commonest(texts: readonly string[], least: number, most: number): string[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts]
    .filter(([, n]) => n >= least)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([text]) => text);
}

/** Share of the values with a word that is written letter by letter, or not at all. */
function spelledShare(table: PieceTable, writings: readonly Writing[]): number {
  const index = indexOf(table.vocabulary);
  const spelled = writings.filter(({ texts, value }) => {
    const input = inputPieces('word', texts);
    const steps = spell(table, index, input, value);
    if (steps === null) return true;
    return steps.some((step, i) => {
      const letter = isWord(step.text) && step.copies.length === 0 && step.text.length === 1;
      return letter && isWord(steps[i + 1]?.text ?? '');
    });
  });
  return spelled.length / Math.max(1, writings.length);
}
