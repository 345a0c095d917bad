import { isArray, isObject, type Json, type JsonObject } from '../../base/json.ts';
import {
  chatCall,
  chatMessage,
  chatMessages,
  chatRequest,
  chatResponse,
  tokensOf,
  toolCall,
} from './bodies.ts';
import { array, type Importer, object, skip, text, times, unwrap } from './record.ts';

/** Langfuse observations of type GENERATION, from a blob or UI export; inputs and outputs are texts that may hold JSON. */
export const langfuse: Importer = {
  name: 'langfuse',
  recognises: (record) =>
    typeof record['type'] === 'string' &&
    /^[A-Z]+$/.test(record['type']) &&
    ('start_time' in record || 'startTime' in record) &&
    ('trace_id' in record || 'traceId' in record),
  read: (record) => {
    if (record['type'] !== 'GENERATION')
      return skip(`an observation of type ${record['type']} is no call to a model`);
    if (text(record, 'level') === 'ERROR')
      return skip(`the call failed: ${text(record, 'status_message', 'statusMessage')}`);
    const input = inputOf(unwrap(record['input']));
    if (input === null) return skip('the input is not a conversation');
    const message = outputMessage(unwrap(record['output']), record);
    if (message === null) return skip('the output is not an answer');
    const model = text(record, 'provided_model_name', 'providedModelName', 'model');
    const parameters = object(record, 'model_parameters', 'modelParameters');
    const when = times(
      record['start_time'] ?? record['startTime'],
      record['end_time'] ?? record['endTime'],
      record['completion_start_time'] ?? record['completionStartTime'],
    );
    const tools = input.tools ?? toolDefinitions(record);
    return chatCall({
      sourceId: text(record, 'id'),
      ...when,
      request: chatRequest({ model, messages: input.messages, tools, parameters }),
      response: chatResponse({
        id: text(record, 'id'),
        model,
        message,
        finish: null,
        startMs: when.startMs,
        ...tokensOf(object(record, 'usage_details', 'usageDetails', 'usage')),
      }),
      site: text(record, 'prompt_name', 'promptName', 'name'),
    });
  },
};

function inputOf(input: Json): { messages: JsonObject[]; tools: readonly Json[] | null } | null {
  if (typeof input === 'string' && input !== '')
    return { messages: [{ role: 'user', content: input }], tools: null };
  const list = isArray(input) ? input : isObject(input) ? array(input, 'messages') : null;
  const messages = list === null ? null : chatMessages(list);
  return messages === null ? null : { messages, tools: isObject(input) ? array(input, 'tools') : null };
}

function outputMessage(output: Json, record: JsonObject): JsonObject | null {
  const first = isArray(output) ? output[0] : output;
  const calls = (array(record, 'tool_calls', 'toolCalls') ?? []).map(unwrap).filter(isObject);
  if (isObject(first) && isObject(first['message']))
    return chatMessage({ role: 'assistant', ...first['message'] }, 0);
  if (isObject(first) && ('content' in first || 'tool_calls' in first))
    return chatMessage({ ...first, role: 'assistant' }, 0);
  if (calls.length > 0) {
    const made = calls.map((c, i) =>
      toolCall(text(c, 'id') ?? `call_${i}`, text(c, 'name') ?? '', c['arguments']),
    );
    return {
      role: 'assistant',
      content: typeof first === 'string' && first !== '' ? first : null,
      tool_calls: made,
    };
  }
  if (typeof first === 'string' && first !== '') return { role: 'assistant', content: first };
  // A structured answer was parsed before it was logged: its text was JSON.
  return isObject(first) ? { role: 'assistant', content: JSON.stringify(first) } : null;
}

function toolDefinitions(record: JsonObject): readonly Json[] | null {
  const value = unwrap(record['tool_definitions'] ?? record['toolDefinitions']);
  if (isArray(value)) return value.map(unwrap);
  if (!isObject(value)) return null;
  return Object.entries(value).map(([name, definition]) => {
    const inner = unwrap(definition);
    return isObject(inner) ? { name, ...inner } : { name };
  });
}
