import type { Example } from '../dataset/example.ts';
import { filterHelps } from '../dataset/noise.ts';
import type { DeepData, DeepPrediction, DeepRow } from './deep/data.ts';

/** What the teacher's reasoning was worth as a second thing to learn; in the card. */
export interface ReasoningTrial {
  /** Training rows with reasoning. */
  readonly rows: number;
  readonly held: number;
  /** Held-out rows that agree with the teacher without it and with it. */
  readonly without: number;
  readonly with: number;
  readonly used: boolean;
}

/** Fewer rows with reasoning, or fewer words in it, teach nothing. */
const leastShare = 0.5;
const leastWords = 8;
const mostWords = 256;
/** Words in more of the reasonings than this are in all of them. */
const commonest = 0.2;
const leastSeen = 8;

/** How much the words count beside the answer: at 1 they took room from it. */
const reasoningWeight = 0.2;

/**
 * The same rows with the words of the teacher's reasoning as one more target, a distribution over the telling ones. It
 * teaches the encoder and has no part in the network that serves. null where too few rows have any.
 * @param examples of the training rows, in their order.
 */
export function withReasoning(data: DeepData, examples: readonly Example[]): DeepData | null {
  const told = examples.filter(({ reasoning }) => reasoning !== undefined);
  if (told.length < leastShare * examples.length) return null;
  const counts = new Map<string, number>();
  for (const { reasoning } of told)
    for (const word of reasoning ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  const words = [...counts]
    .filter(([, count]) => count >= leastSeen && count <= commonest * told.length)
    .sort((a, b) => b[1] - a[1])
    .slice(0, mostWords);
  if (words.length < leastWords) return null;
  const places = new Map(words.map(([word], i) => [word, i]));
  const heads = data.choices.length;
  const extended = (row: DeepRow, reasoning: readonly string[]): DeepRow => {
    const own = reasoning.flatMap((word) => places.get(word) ?? []);
    const target = own.length === 0 ? null : new Float32Array(words.length);
    for (const place of own) target![place] = reasoningWeight / own.length;
    return {
      ...row,
      classes: [...row.classes, -1],
      soft: [...(row.soft ?? new Array<null>(heads).fill(null)), target],
    };
  };
  return {
    ...data,
    auxiliary: 1,
    choices: [...data.choices, { name: 'reasoning', classes: words.length }],
    train: data.train.map((row, i) => extended(row, examples[i]!.reasoning ?? [])),
    validation: data.validation.map((row) => extended(row, [])),
  };
}

/** Is it worth it? The same held-out rows by a pilot that was taught the answers alone and by one that learned both. */
export function judgeReasoning(
  data: DeepData,
  rows: number,
  without: readonly DeepPrediction[],
  both: readonly DeepPrediction[],
): ReasoningTrial {
  const before = data.validation.map((row, i) => isRight(row, without[i]!));
  const after = data.validation.map((row, i) => isRight(row, both[i]!));
  const count = (right: readonly boolean[]): number => right.filter(Boolean).length;
  return {
    rows,
    held: before.length,
    without: count(before),
    with: count(after),
    used: filterHelps(before, after),
  };
}

function isRight({ classes }: DeepRow, { probabilities }: DeepPrediction): boolean {
  return probabilities.every((p, h) => {
    const chosen = classes[h] ?? -1;
    return chosen < 0 || p.every((other) => other <= p[chosen]!);
  });
}
