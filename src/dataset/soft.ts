import type { TokenLogprob } from '../wire/chat.ts';

/** Below this much probability outside the answer a soft target says no more than the hard one. */
const leastDoubt = 0.005;

/**
 * The teacher's own doubt between labels, read from the log-probabilities of its tokens: at each token, an alternative
 * that leads to other labels carries its probability to them (Hinton et al. 2015). Alternatives that lead to no label are
 * other wordings and left out of account. The top k is a coarsened distribution: what it does not list is one bin, the
 * tail, of labels that are not named here.
 * @returns probability by label index; what is missing to one is the tail's. null where the tokens do not spell the
 * labels, or the teacher is as good as sure.
 */
export function softLabels(
  labels: readonly string[],
  answered: number,
  tokens: readonly TokenLogprob[],
): Readonly<Record<number, number>> | null {
  const text = labels[answered];
  if (
    text === undefined ||
    !tokens
      .map(({ token }) => token)
      .join('')
      .startsWith(text)
  )
    return null;
  const found = new Map<number, number>();
  let prefix = '';
  let mass = 1;
  let elsewhere = 0;
  for (const { token, logprob, top } of tokens) {
    if (prefix.length >= text.length) break;
    for (const other of top) {
      if (other.token === token) continue;
      const carried = mass * Math.exp(other.logprob);
      const reached = labelsFrom(labels, prefix + other.token);
      if (reached.length === 0) elsewhere += carried;
      for (const index of reached) found.set(index, (found.get(index) ?? 0) + carried / reached.length);
    }
    prefix += token;
    mass *= Math.exp(logprob);
  }
  found.set(answered, (found.get(answered) ?? 0) + mass);
  const listed = [...found.values()].reduce((sum, p) => sum + p, 0);
  // Rounded figures may add up to a little more than one.
  const scale = 1 / Math.max(1 - elsewhere, listed);
  if (found.get(answered)! * scale > 1 - leastDoubt) return null;
  return Object.fromEntries([...found].map(([index, p]) => [index, p * scale]));
}

/**
 * How much the teacher's doubt counts beside the answer that it gave. On held-out rows 0.5 to 1 did about as well, and
 * so did a temperature of 2; a truncated list is true to the teacher at 1 only.
 */
export const softWeight = 0.7;

/** Labels that begin with what was generated, or that what was generated begins with (a token may run past the label). */
function labelsFrom(labels: readonly string[], path: string): number[] {
  const start = path.trimStart();
  if (start === '') return [];
  return labels.flatMap((label, i) => (label.startsWith(start) ? [i] : []));
}
