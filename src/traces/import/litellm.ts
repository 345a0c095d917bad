import { isArray, isObject } from '../../base/json.ts';
import { chatMessages, chatRequest } from './bodies.ts';
import { bodyPair, wholeCompletion } from './bodyPair.ts';
import { array, type Importer, object, skip, text, times, unwrap } from './record.ts';

/** LiteLLM's StandardLoggingPayload (callbacks, buckets) and the rows of its SpendLogs table. */
export const litellm: Importer = {
  name: 'litellm',
  recognises: (record) =>
    typeof record['call_type'] === 'string' &&
    record['startTime'] !== undefined &&
    record['messages'] !== undefined,
  read: (record) => {
    const kind = text(record, 'call_type') ?? '';
    if (!/completion|messages|responses/.test(kind)) return skip(`a call of type ${kind} is no chat`);
    if (String(record['cache_hit']).toLowerCase() === 'true')
      return skip('answered from a cache, not by the teacher');
    const response = unwrap(record['response']);
    const sent = unwrap(record['messages']);
    const failed = text(record, 'status') === 'failure';
    if (!failed && (!isObject(response) || Object.keys(response).length === 0))
      return skip('the log has no response: storing prompts was off');
    const model = text(record, 'model', 'model_group');
    const raw = isArray(sent) ? sent : isObject(sent) ? array(sent, 'messages') : null;
    const messages = typeof sent === 'string' ? [{ role: 'user', content: sent }] : chatMessages(raw ?? []);
    if (messages === null) return skip('the log has no readable messages: storing prompts was off');
    const parameters = object(record, 'model_parameters', 'optional_params');
    const when = times(record['startTime'], record['endTime'], record['completionStartTime']);
    const request = chatRequest({ model, messages, tools: array(parameters, 'tools'), parameters });
    return [
      bodyPair(request, failed ? null : wholeCompletion(response, model, when.startMs), {
        sourceId: text(record, 'id', 'request_id'),
        ...when,
        status: failed ? 500 : 200,
        provider: text(record, 'custom_llm_provider', 'api_base'),
      }),
    ];
  },
};
