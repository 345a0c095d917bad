import { createHash } from 'node:crypto';
import { canonicalJson } from '../base/json.ts';
import type { Example } from './example.ts';

/** Hash over inputs, answers and splits in order: two datasets with one fingerprint train one student. */
export function fingerprintOf(examples: readonly Example[]): string {
  const hash = createHash('sha256');
  for (const { input, answer, split } of examples) {
    hash.update(
      canonicalJson([
        { ...input.slots },
        { ...input.context },
        answer.text,
        answer.toolCalls.map((call) => [call.name, call.arguments]),
        split,
      ]),
    );
    hash.update('\n');
  }
  return hash.digest('hex').slice(0, 32);
}
