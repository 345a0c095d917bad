import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { array, type Importer, object, type Reading, text } from './record.ts';

/**
 * Anthropic's message batches: requests with `params` (a line each, or the whole body that created the batch), results with
 * `result`, joined by `custom_id`; both may be on one line.
 */
export const anthropicBatch: Importer = {
  name: 'anthropic-batch',
  recognises: (record) => isItem(record) || requestsOf(record).some(isItem),
  read: (record) => (isItem(record) ? readItem(record) : requestsOf(record).flatMap(readItem)),
};

const isItem = (record: JsonObject): boolean =>
  typeof record['custom_id'] === 'string' && (isObject(record['params']) || isObject(record['result']));
const requestsOf = (record: JsonObject): JsonObject[] => (array(record, 'requests') ?? []).filter(isObject);

function readItem(record: JsonObject): readonly Reading[] {
  const id = text(record, 'custom_id')!;
  const key = `anthropic-batch:${id}`;
  const readings: Reading[] = [];
  if (isObject(record['params'])) readings.push({ kind: 'input', key, request: record['params'] });
  if (!isObject(record['result'])) return readings;
  const result = object(record, 'result');
  const kind = text(result, 'type');
  if (kind === 'canceled' || kind === 'expired') return [{ kind: 'skip', reason: `the request was ${kind}` }];
  const response: Json = result[kind === 'errored' ? 'error' : 'message'] ?? null;
  const status = kind === 'succeeded' ? 200 : 400;
  const sourceId = (isObject(response) ? text(response, 'id') : null) ?? id;
  const complete = (request: JsonObject): Reading => ({
    kind: 'call',
    call: {
      sourceId,
      startMs: null,
      durationMs: 0,
      firstByteMs: null,
      provider: 'anthropic',
      vendor: 'anthropic',
      format: 'anthropic-messages',
      path: '/v1/messages',
      status,
      request,
      response,
      site: null,
    },
  });
  readings.push({ kind: 'output', key, complete });
  return readings;
}
