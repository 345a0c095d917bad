import { isArray, isObject, type Json, type JsonObject } from '../../../base/json.ts';
import { chatMessage } from '../bodies.ts';
import { array, unwrap } from '../record.ts';
import type { Attributes, Content, GenAiSpan } from './span.ts';

/** `gen_ai.prompt` and `gen_ai.completion` as whole texts, or `input.value` and `output.value`. */
export function promptTexts(a: Attributes, span: GenAiSpan): Content | null {
  const all = Object.assign({}, a, ...span.events.map((e) => e.attributes)) as Record<string, Json>;
  const input = unwrap(all['gen_ai.prompt'] ?? all['input.value'] ?? null);
  const output = unwrap(all['gen_ai.completion'] ?? all['output.value'] ?? null);
  const list = isArray(input) ? input : isObject(input) ? array(input, 'messages') : null;
  const messages =
    list?.map(chatMessage) ?? (typeof input === 'string' ? [{ role: 'user', content: input }] : []);
  const answer = answerOf(output);
  if (answer === null || messages.some((m) => m === null)) return null;
  return { messages: messages as JsonObject[], output: answer, finish: null, tools: [] };
}

function answerOf(output: Json): JsonObject | null {
  if (typeof output === 'string' && output !== '') return { role: 'assistant', content: output };
  const first = isArray(output) ? output[0] : output;
  if (!isObject(first)) return null;
  const choice = array(first, 'choices')?.[0];
  const message = isObject(choice) ? choice['message'] : (first['message'] ?? first);
  return isObject(message) ? chatMessage({ ...message, role: 'assistant' }, 0) : null;
}
