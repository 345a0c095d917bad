import { exactRate, type Rate } from '../base/binomial.ts';
import type { Answer } from '../wire/chat.ts';
import { canonicalAnswer } from './compare.ts';

/** An answer with the call it was given to. */
export interface Given {
  readonly callId: string;
  readonly answer: Answer;
}

/** How often the teacher says the same when it is asked the same again. */
export interface SelfAgreement {
  /** One pair of answers, the first and the last, for each input that came again: how many say the same. */
  readonly pairs: Rate;
  /**
   * No student that answers each input in one way can agree with the teacher more often than this on such inputs. With
   * p the teacher's distribution over answers, pairs agree in sum p^2 and the best student in max p <= sqrt(sum p^2).
   */
  readonly ceiling: number;
  /** Inputs with answers that differ: how many, and the calls of the first of them. */
  readonly conflicts: { readonly inputs: number; readonly calls: readonly (readonly string[])[] };
}

/** Fewer inputs that came again say nothing about a teacher. */
const leastPairs = 20;
const mostListed = 20;

/** @param repeats the answers to each input that came more than once, oldest first. null: too few to say anything. */
export function selfAgreement(repeats: readonly (readonly Given[])[]): SelfAgreement | null {
  const groups = repeats
    .filter((group) => group.length > 1)
    .map((group) => group.map(({ callId, answer }) => ({ callId, said: canonicalAnswer(answer) })));
  if (groups.length < leastPairs) return null;
  const alike = groups.filter((group) => group[0]!.said === group.at(-1)!.said);
  const torn = groups.filter((group) => group.some(({ said }) => said !== group[0]!.said));
  const pairs = exactRate(alike.length, groups.length);
  return {
    pairs,
    ceiling: Math.sqrt(pairs.rate),
    conflicts: {
      inputs: torn.length,
      calls: torn.slice(0, mostListed).map((group) => group.map(({ callId }) => callId)),
    },
  };
}
