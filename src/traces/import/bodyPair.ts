import { isArray, isObject, type Json, type JsonObject } from '../../base/json.ts';
import { vendorNamed } from '../../wire/vendor.ts';
import { formatOfBodies, pathOfFormat, providerOf } from './bodies.ts';
import { type ImportedCall, type Reading, text } from './record.ts';

/** A call whose source kept both wire bodies; what it cannot know stays unknown. */
export function bodyPair(
  request: JsonObject,
  response: Json | null,
  known: Pick<ImportedCall, 'sourceId' | 'startMs' | 'durationMs' | 'firstByteMs' | 'status'> & {
    provider: string | null;
  },
): Reading {
  const format = formatOfBodies(request, response);
  if (format === null) return { kind: 'skip', reason: 'the request is in no known wire format' };
  const { provider: name, ...rest } = known;
  const model = text(request, 'model');
  const provider = providerOf(name, format);
  const vendor = vendorNamed(name, model) ?? provider;
  const path = pathOfFormat(format, model);
  return { kind: 'call', call: { ...rest, provider, vendor, format, path, request, response, site: null } };
}

/** A chat completion with the fields that codecs need, where a source left some out. */
export function wholeCompletion(
  response: Json | null,
  model: string | null,
  startMs: number | null,
): Json | null {
  if (!isObject(response) || !isArray(response['choices'])) return response;
  const created = Math.floor((startMs ?? 0) / 1000);
  return { id: 'imported', object: 'chat.completion', created, model: model ?? 'unknown', ...response };
}
