import { isArray, isObject, type Json, type JsonObject } from '../../base/json.ts';
import { chatCall, chatRequest, chatResponse, chatRole, toolCall } from './bodies.ts';
import { array, type Importer, object, skip, text } from './record.ts';

/** ShareGPT conversations: no model, no time, no usage. The last turn, which must be the model's, is the answer. */
export const sharegpt: Importer = {
  name: 'sharegpt',
  recognises: (record) => isArray(record['conversations']),
  read: (record) => {
    const turns = (array(record, 'conversations') ?? []).filter(isObject);
    const messages: JsonObject[] = [];
    const system = text(record, 'system');
    if (system !== null) messages.push({ role: 'system', content: system });
    for (const turn of turns) {
      const message = readTurn(turn, messages.length);
      if (message === null) return skip(`a turn is from "${text(turn, 'from', 'role')}"`);
      messages.push(message);
    }
    const answer = messages.pop();
    if (answer?.['role'] !== 'assistant') return skip('the conversation does not end with the model');
    if (messages.length === 0) return skip('there is nothing before the answer');
    return chatCall({
      sourceId: text(record, 'id'),
      request: chatRequest({ model: text(record, 'model'), messages, tools: array(record, 'tools') }),
      response: chatResponse({ id: null, model: null, message: answer, finish: null, startMs: null }),
    });
  },
};

function readTurn(turn: JsonObject, index: number): JsonObject | null {
  const from = text(turn, 'from', 'role') ?? '';
  const value: Json = turn['value'] ?? turn['content'] ?? '';
  if (from === 'function_call') {
    const made = object(turn, 'value', 'content');
    const id = `call_${index}`;
    return {
      role: 'assistant',
      content: null,
      tool_calls: [toolCall(id, text(made, 'name') ?? '', made['arguments'])],
    };
  }
  const role = chatRole(from);
  if (role === null) return null;
  const content = typeof value === 'string' ? value : JSON.stringify(value);
  // An observation answers the call of the turn before.
  return role === 'tool' ? { role, tool_call_id: `call_${index - 1}`, content } : { role, content };
}
