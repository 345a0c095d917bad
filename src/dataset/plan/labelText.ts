import { normaliseText } from '../../base/text.ts';
import { spread } from '../habit.ts';
import type { TextObservation } from './infer.ts';
import { isClosed, tally } from './values.ts';

/** A label on the first line and then a text of its own. */
interface Parted {
  readonly head: string;
  readonly rest: string;
  /** The input. */
  readonly text: string;
  readonly words: ReadonlySet<string>;
}

/** Neighbours are looked for among so many inputs, for so many of them. */
const mostInputs = 600;
const asked = 200;

/**
 * Answers whose first line is a closed label and whose rest is the teacher's whim: told in words, with the way out. The
 * rest is a whim where it is free, or where calls that are next to each other have no more of it in common than chance.
 * null where the answers are not of this kind, or the rest follows from the input.
 */
export function labelReason(observations: readonly TextObservation[]): string | null {
  const parted = observations.flatMap((o): Parted[] => {
    const match = /^([^\n]{1,60})\n+([^\n].*)$/su.exec(o.text);
    if (match === null) return [];
    const text = normaliseText(Object.values(o.input.slots).join(' '));
    return [{ head: match[1]!, rest: match[2]!, text, words: new Set(text.split(/\s+/u)) }];
  });
  if (parted.length < 0.9 * observations.length || parted.length < 20) return null;
  const heads = tally(parted.map(({ head }) => head));
  if (!isClosed(heads, parted.length) || heads.length < 2) return null;
  if (isRead(parted)) return null;
  const rests = tally(parted.map(({ rest }) => rest));
  const closed = isClosed(rests, parted.length);
  if (closed ? followsInput(parted) : !isProse(parted)) return null;
  const labels = heads
    .slice(0, 5)
    .map(({ value }) => String(value))
    .join(', ');
  const why = closed
    ? 'it is worded anew even for inputs that hardly differ'
    : `it is free (${rests.length} different ones in ${parted.length} answers)`;
  return `The first line is a label that could be learned (${labels}); the text after it cannot be promised, because ${why}. A client gets whole answers or none: ask for the label alone, or end the answer after it with the stop sequence "\\n" or a limit on its tokens, and these calls can be served.`;
}

/** Keys with values that the input holds: no whim, and plans of their own. */
function isRead(parted: readonly Parted[]): boolean {
  const read = parted.filter(({ rest, text }) => {
    const value = /^[^\n:]{1,40}: (\S[^\n]{0,80})/u.exec(rest)?.[1];
    return value !== undefined && text.includes(normaliseText(value));
  });
  return read.length >= 0.5 * parted.length;
}

/** Long texts of words: not lines of pairs, which have plans of their own. */
function isProse(parted: readonly Parted[]): boolean {
  const prose = parted.filter(({ rest }) => rest.split('\n').some((line) => line.split(/\s+/u).length >= 6));
  const pairs = parted.filter(({ rest }) => /^[^\n:]{1,40}: \S/u.test(rest));
  return prose.length >= 0.7 * parted.length && pairs.length < 0.5 * parted.length;
}

/** Do inputs that are alike share the text after the label more often than chance has it? */
function followsInput(parted: readonly Parted[]): boolean {
  const some = spread(parted, mostInputs);
  const chance = new Map<string, number>();
  for (const { value: head } of tally(some.map((one) => one.head))) {
    const own = some.filter((one) => one.head === head);
    const shares = tally(own.map((one) => one.rest)).map((entry) => entry.count / own.length);
    chance.set(
      String(head),
      shares.reduce((sum, share) => sum + share * share, 0),
    );
  }
  let alike = 0;
  let expected = 0;
  let n = 0;
  for (const one of spread(some, asked)) {
    const near = nearest(one, some);
    if (near === null) continue;
    n++;
    alike += near.rest === one.rest ? 1 : 0;
    expected += chance.get(one.head)!;
  }
  // Half of what chance leaves open must be explained, else no student could promise the text.
  return n < 20 || alike - expected >= 0.5 * (n - expected);
}

function nearest(one: Parted, others: readonly Parted[]): Parted | null {
  let best: { other: Parted; share: number } | null = null;
  for (const other of others) {
    if (other === one || other.head !== one.head) continue;
    let common = 0;
    for (const word of one.words) if (other.words.has(word)) common++;
    const share = common / (one.words.size + other.words.size - common);
    if (best === null || share > best.share) best = { other, share };
  }
  return best === null || best.share < 0.3 ? null : best.other;
}
