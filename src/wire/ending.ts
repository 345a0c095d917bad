import type { Answer, ChatRequest, ChatResponse, Ending } from './chat.ts';

/** How an answer came to its end; null: by itself, with tokens to spare. */
export function endingOf({ sampling }: ChatRequest, response: ChatResponse): Ending | null {
  const { maxTokens } = sampling;
  if (response.finish === 'length') return maxTokens === null ? null : { kind: 'limit', tokens: maxTokens };
  if (response.stopSequence !== undefined) return { kind: 'stop-sequence', sequence: response.stopSequence };
  const isTight = maxTokens !== null && estimateTokens(response.text ?? '') > maxTokens;
  return isTight ? { kind: 'itself', within: maxTokens } : null;
}

/** Would this answer end otherwise under what the request allows? In words; null where it would end so. */
export function endingConflict({ sampling }: ChatRequest, answer: Answer): string | null {
  const { maxTokens, stop } = sampling;
  const { ending } = answer;
  if (ending?.kind === 'limit' && maxTokens !== ending.tokens)
    return `the answer ends at ${ending.tokens} tokens, and ${maxTokens ?? 'any number of them'} are allowed`;
  if (ending?.kind === 'stop-sequence' && !stop.includes(ending.sequence))
    return 'the stop sequence that ends the answer is missing';
  const fits = ending?.kind === 'limit' || (ending?.kind === 'itself' && ending.within <= (maxTokens ?? 0));
  const length = lengthOf(answer);
  return maxTokens === null || fits || length <= maxTokens
    ? null
    : `about ${length} tokens do not fit into ${maxTokens}`;
}

function lengthOf({ text, toolCalls }: Answer): number {
  return toolCalls.reduce(
    (sum, call) => sum + estimateTokens(call.name + call.arguments),
    estimateTokens(text ?? ''),
  );
}

/** Tokens of a text, on the high side for prose and JSON: one per three bytes of UTF-8. */
function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 3);
}
