import type { CallKind } from '../tasks/task.ts';
import type { ChatRequest, ChatResponse } from '../wire/chat.ts';
import { detectLanguage } from './language.ts';
import { jsonText, type Visit } from './reading.ts';

const asked = new Set(['image', 'turns', 'input-language', 'input-length', 'parameter']);

/** Is this capability seen in the request alone, before anybody answers? */
export function isAsked(id: string): boolean {
  return asked.has(id.slice(0, id.indexOf(':')));
}

/**
 * What a request asks of whoever answers it: language, length, images, turns, parameters, which tools are on offer.
 * @param tellsLanguage false where nobody wants to know: finding it out is most of the work.
 */
export function readRequest(request: ChatRequest, input: string, visit: Visit, tellsLanguage = true): void {
  const language = tellsLanguage ? detectLanguage(input) : 'unknown';
  if (language !== 'unknown') visit(`input-language:${language}`, null);
  visit(`input-length:${characterBand(input.length)}`, null);
  let turns = 0;
  let image = false;
  for (const message of request.messages) {
    if (message.role === 'user') turns++;
    for (const part of message.parts) if (part.kind === 'media') image ||= part.media === 'image';
  }
  visit(`turns:${turns <= 1 ? '1' : turns <= 3 ? '2-3' : '4+'}`, null);
  if (image) visit('image:image', null);
  for (const name of parameters(request)) visit(`parameter:${name}`, null);
  const { toolChoice } = request;
  if (toolChoice === 'none') return;
  for (const tool of request.tools)
    if (typeof toolChoice === 'string' || toolChoice.name === tool.name) visit(`offered:${tool.name}`, null);
}

/** How the answer was given: format, language, refusal, reasoning, several tool calls at once. */
export function readResponse(response: ChatResponse, kind: CallKind, visit: Visit): void {
  if (kind === 'refusal') visit('refusal:refusal', null);
  if (kind === 'hedge') visit('refusal:hedge', null);
  const reasoning = response.usage?.reasoningTokens ?? 0;
  if (reasoning > 0 || response.reasoning !== null) visit(`reasoning:${reasoningBand(reasoning)}`, null);
  if (kind !== 'normal') return;
  if (response.toolCalls.length > 1) visit('parallel-calls:2+', null);
  visit(`format:${formatOf(response)}`, null);
  const text = response.text ?? '';
  const language = text.length >= 25 && jsonText(text) === null ? detectLanguage(text) : 'unknown';
  if (language !== 'unknown') visit(`output-language:${language}`, null);
}

function formatOf(response: ChatResponse): string {
  if (response.toolCalls.length > 0) return 'tool call';
  const text = response.text ?? '';
  if (jsonText(text) !== null) return /^\s*```/.test(text) ? 'JSON in a code fence' : 'JSON';
  if (/^```/m.test(text)) return 'code';
  return /^(?:#{1,6} |[-*] |\|.+\|$|\d+\. )/m.test(text) && text.includes('\n') ? 'markdown' : 'plain text';
}

function parameters(request: ChatRequest): string[] {
  const { sampling } = request;
  const used: string[] = [];
  if (sampling.temperature !== null) used.push('temperature');
  if (sampling.topP !== null) used.push('top_p');
  if (sampling.maxTokens !== null) used.push('max_tokens');
  if (sampling.stop.length > 0) used.push('stop');
  if (sampling.choices > 1) used.push('n');
  if (sampling.logprobs) used.push('logprobs');
  if (sampling.seed !== null) used.push('seed');
  if (request.stream) used.push('stream');
  return used;
}

function characterBand(length: number): string {
  for (const [limit, name] of [
    [100, '0-99'],
    [400, '100-399'],
  ] as const)
    if (length < limit) return `${name} characters`;
  return '400+ characters';
}

function reasoningBand(tokens: number): string {
  return tokens < 256 ? 'up to 255 tokens' : tokens < 2048 ? '256-2047 tokens' : '2048+ tokens';
}
