import type { TokenLogprob } from '../wire/chat.ts';

/** Below this much probability outside the answer a soft target says no more than the hard one. */
const leastDoubt = 0.005;

/**
 * The teacher's own doubt between labels, read from the log-probabilities of its tokens: at each token, an alternative
 * that leads to other labels carries its probability to them (Hinton et al. 2015; the top k is a coarsened
 * distribution, so what it does not list stays with the answer that was given).
 * @returns probability by label index, summing to one; null where the tokens do not spell the labels.
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
  for (const { token, logprob, top } of tokens) {
    if (prefix.length >= text.length) break;
    for (const other of top) {
      if (other.token === token) continue;
      const reached = labelsFrom(labels, prefix + other.token);
      for (const index of reached)
        found.set(index, (found.get(index) ?? 0) + (mass * Math.exp(other.logprob)) / reached.length);
    }
    prefix += token;
    mass *= Math.exp(logprob);
  }
  found.delete(answered);
  const doubt = [...found.values()].reduce((sum, p) => sum + p, 0);
  if (doubt < leastDoubt) return null;
  const scale = Math.min(1, 0.999 / doubt);
  const soft: Record<number, number> = { [answered]: 1 - doubt * scale };
  for (const [index, p] of found) soft[index] = p * scale;
  return soft;
}

/** Labels that begin with what was generated, or that what was generated begins with (a token may run past the label). */
function labelsFrom(labels: readonly string[], path: string): number[] {
  const start = path.trimStart();
  if (start === '') return [];
  return labels.flatMap((label, i) => (label.startsWith(start) ? [i] : []));
}
