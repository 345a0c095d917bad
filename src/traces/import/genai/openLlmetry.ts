import { isArray, isObject, type Json, type JsonObject } from '../../../base/json.ts';
import { chatMessage, finishReason } from '../bodies.ts';
import { indexed } from '../otlpValues.ts';
import { object, text, unwrap } from '../record.ts';
import type { Attributes, Content } from './span.ts';

/** OpenLLMetry: `gen_ai.prompt.0.role`, `gen_ai.completion.0.content`. */
export function openLlmetry(a: Attributes): Content | null {
  const answer = indexed(a, 'gen_ai.completion')[0];
  const output = answer && flatMessage({ ...answer, role: 'assistant' }, 0);
  if (!output) return null;
  const messages = indexed(a, 'gen_ai.prompt')
    .map(flatMessage)
    .filter((m) => m !== null);
  const tools = indexed(a, 'llm.request.functions').map((tool) => ({
    name: text(tool, 'name') ?? '',
    description: text(tool, 'description') ?? '',
    parameters: object(tool, 'parameters'),
  }));
  return { messages, output, finish: finishReason(text(answer, 'finish_reason')), tools };
}

function flatMessage(entry: Attributes, index: number): JsonObject | null {
  const tool_calls = indexed(entry, 'tool_calls').map((c) => ({
    id: text(c, 'id') ?? `call_${index}`,
    name: text(c, 'name') ?? '',
    arguments: c['arguments'] ?? '{}',
  }));
  return chatMessage({ ...entry, content: unwrapContent(entry['content']), tool_calls }, index);
}

/** A text stays a text even where it looks like JSON; a list of content parts is one. */
function unwrapContent(content: Json | undefined): Json {
  const value = unwrap(content);
  return isArray(value) && value.every((part) => isObject(part) && typeof part['type'] === 'string')
    ? value
    : (content ?? null);
}
