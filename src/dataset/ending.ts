import { canonicalJson } from '../base/json.ts';
import type { Answer, Ending } from '../wire/chat.ts';

/** How a teacher's answers come to their end, where a client can see it. */
export interface EndingHabit {
  /** How most answers end; null: by themselves. */
  readonly usual: Ending | null;
  /** Texts that end in another way: of labels cut to two tokens, those that have no more. */
  readonly others: Readonly<Record<string, Ending | null>>;
}

/** The newest answers, of all and of one text, that tell the habit: a limit may have been raised since. */
const newest = 200;
const newestOfText = 20;
/** Longer texts seldom come again, and more of them are no closed set. */
const longestText = 200;
const mostTexts = 2000;

/** The habit of these answers, oldest first; null where all of them end by themselves with tokens to spare. */
export function endingHabit(answers: readonly Answer[]): EndingHabit | null {
  const texts = answers.filter(({ toolCalls }) => toolCalls.length === 0);
  if (texts.every(({ ending }) => ending === undefined)) return null;
  const usual = mostFrequent(texts.slice(-newest));
  const groups = new Map<string, Answer[]>();
  for (const answer of texts) {
    const text = answer.text ?? '';
    if (text.length > longestText) continue;
    const group = groups.get(text);
    if (group !== undefined) group.push(answer);
    else if (groups.size < mostTexts) groups.set(text, [answer]);
  }
  const others: Record<string, Ending | null> = {};
  for (const [text, group] of groups) {
    const own = mostFrequent(group.slice(-newestOfText));
    if (group.length >= 2 && canonicalJson(own) !== canonicalJson(usual)) others[text] = own;
  }
  return { usual, others };
}

/** The answer with the ending that the teacher's has. */
export function ended(answer: Answer, habit: EndingHabit | undefined): Answer {
  if (habit === undefined) return answer;
  const text = answer.text ?? '';
  const ending = Object.hasOwn(habit.others, text) ? habit.others[text]! : habit.usual;
  return ending === null ? answer : { ...answer, ending };
}

function mostFrequent(answers: readonly Answer[]): Ending | null {
  const counts = new Map<string, { ending: Ending | null; count: number }>();
  for (const { ending = null } of answers) {
    const key = canonicalJson(ending);
    counts.set(key, { ending, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  const [best] = [...counts.values()].sort((a, b) => b.count - a.count);
  return best?.ending ?? null;
}
