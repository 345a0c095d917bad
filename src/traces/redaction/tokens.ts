import { isArray, isObject, type Json, type JsonObject } from '../../base/json.ts';
import { type Piece, redactAcross } from './pieces.ts';
import type { OnFound, TextRedactor } from './text.ts';

/**
 * Log probabilities tell an answer once more, token by token: a secret lies across them, and no token looks like one. The
 * tokens of a secret are taken out with what else tells them: their bytes and their alternatives.
 */
export function redactTokens(
  items: readonly Json[],
  text: TextRedactor,
  placeholder: (rule: string, value: string) => string,
  onFound: OnFound,
): readonly Json[] {
  const result: Json[] = [...items];
  let changed = false;
  const pieces = items.map(
    (item, i): Piece => ({
      text: (item as { token: string }).token,
      set: (token) => {
        changed = true;
        result[i] = bare(item as JsonObject, token);
      },
    }),
  );
  redactAcross(pieces, text, placeholder, onFound);
  return changed ? result : items;
}

function bare(item: JsonObject, token: string): JsonObject {
  const next: Record<string, Json> = { ...item, token };
  if ('bytes' in next) next['bytes'] = null;
  if (isArray(next['top_logprobs'])) next['top_logprobs'] = [];
  return next;
}

/** Tokens with their probabilities, under the names of all providers. */
export function isTokens(items: readonly Json[]): boolean {
  const isToken = (item: Json): boolean =>
    isObject(item) &&
    typeof item['token'] === 'string' &&
    (typeof item['logprob'] === 'number' || typeof item['logProbability'] === 'number');
  return items.length > 1 && isToken(items[0]!) && items.every(isToken);
}
