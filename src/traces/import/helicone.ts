import { isObject } from '../../base/json.ts';
import { chatCall, chatResponse } from './bodies.ts';
import { bodyPair, wholeCompletion } from './bodyPair.ts';
import { type Importer, moment, number, object, skip, text, times } from './record.ts';

/** Helicone request rows: the wire bodies themselves; and its flat data-set export. */
export const helicone: Importer = {
  name: 'helicone',
  recognises: (record) =>
    ('request_body' in record && 'request_id' in record) ||
    ('user_message' in record && 'assistant_response' in record),
  read: (record) => {
    if (!('request_body' in record))
      return readFlat(text(record, 'user_message'), text(record, 'assistant_response'));
    const request = object(record, 'request_body');
    if (Object.keys(request).length === 0) return skip('the bodies are stored elsewhere (signed_body_url)');
    const when = times(record['request_created_at'], record['response_created_at']);
    const response = object(record, 'response_body');
    const model = text(record, 'response_model', 'request_model');
    const first = number(record, 'time_to_first_token');
    return [
      bodyPair(request, isObject(response) ? wholeCompletion(response, model, when.startMs) : null, {
        sourceId: text(record, 'request_id'),
        startMs: when.startMs ?? moment(record['created_at']),
        durationMs: number(record, 'delay_ms') ?? when.durationMs,
        firstByteMs: first ?? when.firstByteMs,
        status: number(record, 'response_status') ?? 200,
        provider: text(record, 'provider'),
      }),
    ];
  },
};

function readFlat(question: string | null, answer: string | null): ReturnType<Importer['read']> {
  if (question === null || answer === null) return skip('the row has no question or no answer');
  const message = { role: 'assistant', content: answer };
  return chatCall({
    request: { model: 'unknown', messages: [{ role: 'user', content: question }] },
    response: chatResponse({ id: null, model: null, message, finish: null, startMs: null }),
  });
}
