import { isArray, isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { GenAiSpan } from './genai/span.ts';
import { readSpan } from './genai.ts';
import { attributesOf, nanoseconds } from './otlpValues.ts';
import { type Importer, type Reading, skip, text } from './record.ts';

/** OpenTelemetry GenAI spans and log records as OTLP/JSON, and single spans as other tools write them. */
export const otlp: Importer = {
  name: 'otlp',
  recognises: (record) =>
    isArray(record['resourceSpans']) ||
    isArray(record['resourceLogs']) ||
    (record['attributes'] !== undefined && typeof record['name'] === 'string') ||
    (isArray(record['attributes']) && typeof record['spanId'] === 'string'),
  read: (record) => {
    const spans = [...spansOf(record), ...logSpans(record)];
    const readings = spans.map(readSpan).filter((reading): reading is Reading => reading !== null);
    return readings.length > 0 ? readings : skip('no span of a call to a model');
  },
};

const objects = (value: Json | undefined): JsonObject[] => (isArray(value) ? value.filter(isObject) : []);

function spansOf(record: JsonObject): GenAiSpan[] {
  if (!isArray(record['resourceSpans'])) return isArray(record['resourceLogs']) ? [] : [spanOf(record)];
  return objects(record['resourceSpans'])
    .flatMap((resource) => objects(resource['scopeSpans'] ?? resource['instrumentationLibrarySpans']))
    .flatMap((scope) => objects(scope['spans']))
    .map(spanOf);
}

function spanOf(span: JsonObject): GenAiSpan {
  const context = isObject(span['context']) ? span['context'] : {};
  const trace = text(span, 'traceId', 'trace_id') ?? text(context, 'trace_id', 'traceId');
  const id = text(span, 'spanId', 'span_id') ?? text(context, 'span_id', 'spanId');
  const status = isObject(span['status']) ? span['status'] : {};
  return {
    id: id === null ? null : `${trace ?? ''}/${id}`,
    name: text(span, 'name') ?? '',
    startMs: nanoseconds(span['startTimeUnixNano'] ?? span['start_time']),
    endMs: nanoseconds(span['endTimeUnixNano'] ?? span['end_time']),
    failed: status['code'] === 2 || /ERROR/.test(String(status['code'] ?? status['status_code'] ?? '')),
    attributes: attributesOf(span['attributes']),
    events: objects(span['events']).map((event) => ({
      name: text(event, 'name') ?? '',
      attributes: attributesOf(event['attributes']),
    })),
  };
}

/** Log records with content: one whole call each, or messages that belong to the span they name. */
function logSpans(record: JsonObject): GenAiSpan[] {
  const bySpan = new Map<string, JsonObject[]>();
  const logs = objects(record['resourceLogs'])
    .flatMap((resource) => objects(resource['scopeLogs']))
    .flatMap((scope) => objects(scope['logRecords']));
  for (const log of logs) {
    const key = `${text(log, 'traceId') ?? ''}/${text(log, 'spanId') ?? bySpan.size}`;
    bySpan.set(key, [...(bySpan.get(key) ?? []), log]);
  }
  return [...bySpan].map(([id, records]) => {
    const events = records.map((log) => ({ name: eventName(log), attributes: logAttributes(log) }));
    const startMs = nanoseconds(records[0]?.['timeUnixNano'] ?? records[0]?.['observedTimeUnixNano']);
    const endMs = nanoseconds(records.at(-1)?.['timeUnixNano']);
    const attributes = Object.assign({}, ...events.map((e) => e.attributes)) as Record<string, Json>;
    const operation = attributes['gen_ai.operation.name'] ?? 'chat';
    const named = { ...attributes, 'gen_ai.operation.name': operation };
    return { id, name: 'log records', startMs, endMs, failed: false, attributes: named, events };
  });
}

function eventName(log: JsonObject): string {
  const name = attributesOf(log['attributes'])['event.name'];
  return text(log, 'eventName') ?? (typeof name === 'string' ? name : '');
}

function logAttributes(log: JsonObject): Record<string, Json> {
  const body = attributesOf([{ key: 'body', value: log['body'] ?? null }]);
  return { ...attributesOf(log['attributes']), ...body };
}
