import { isArray, isObject, type JsonObject } from '../../../base/json.ts';
import { chatMessage, finishReason } from '../bodies.ts';
import { array, object, text, unwrap } from '../record.ts';
import { partsMessages } from './parts.ts';
import type { Attributes, Content, GenAiSpan } from './span.ts';

/** `gen_ai.input.messages` and its companions, structured or as JSON in a text. */
export function semanticConventions(a: Attributes): Content | null {
  const input = array(a, 'gen_ai.input.messages');
  const answer = array(a, 'gen_ai.output.messages')?.[0];
  if (input === null || !isObject(answer)) return null;
  const system = array(a, 'gen_ai.system_instructions');
  const messages = [
    ...(system === null ? [] : partsMessages({ role: 'system', parts: system })),
    ...input.flatMap((message) => partsMessages(isObject(message) ? message : {})),
  ];
  const output = partsMessages({ ...answer, role: 'assistant' })[0];
  if (output === undefined) return null;
  const finish = finishReason(text(answer, 'finish_reason'));
  return { messages, output, finish, tools: array(a, 'gen_ai.tool.definitions') ?? [] };
}

/** The events of semantic conventions up to 1.36: `gen_ai.user.message`, `gen_ai.choice`. */
export function messageEvents(_: Attributes, span: GenAiSpan): Content | null {
  const messages: JsonObject[] = [];
  let output: JsonObject | null = null;
  let finish: string | null = null;
  for (const { name, attributes } of span.events) {
    const role = /^gen_ai\.(system|user|assistant|tool)\.message$/.exec(name)?.[1];
    const body = bodyOf(attributes);
    if (role !== undefined) {
      const message = chatMessage(
        { ...body, role, tool_call_id: text(body, 'id', 'tool_call_id') },
        messages.length,
      );
      if (message !== null) messages.push(message);
    } else if (name === 'gen_ai.choice' && output === null) {
      const said = unwrap(body['message']);
      output = chatMessage(
        { ...(isObject(said) ? said : { content: said }), role: 'assistant', ...toolCallsOf(body) },
        0,
      );
      finish = finishReason(text(body, 'finish_reason'));
    }
  }
  return output === null ? null : { messages, output, finish, tools: [] };
}

const bodyOf = (attributes: Attributes): JsonObject => ({
  ...attributes,
  ...object(attributes, 'body', 'gen_ai.event.content'),
});
const toolCallsOf = (body: JsonObject): JsonObject =>
  isArray(unwrap(body['tool_calls'])) ? { tool_calls: unwrap(body['tool_calls']) } : {};
