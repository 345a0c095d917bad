import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { ProviderName } from '../../wire/format.ts';
import { formatOfBodies, pathOfFormat } from './bodies.ts';
import { call, type Importer, skip, text as textOf } from './record.ts';

/** One call of a traffic file: the project's own format for import, demo and benchmarks. One JSON object per line. */
export interface TrafficLine {
  /** `ts` as milliseconds since 1970. */
  readonly atMs: number;
  readonly site: string | null;
  readonly provider: ProviderName;
  readonly status: number;
  /** Exact wire bodies. The response is the non-streaming or the error body; null where there was none. */
  readonly request: JsonObject;
  readonly response: Json | null;
  /** Only in benchmark files. */
  readonly split: string | null;
}

const providers: readonly ProviderName[] = ['openai', 'azure', 'anthropic', 'gemini', 'ollama'];

/** Reads `{ts, site?, provider, status, request, response, split?}`; the error says in words what is wrong with the line. */
export function readTrafficRecord(line: JsonObject): Result<TrafficLine, string> {
  const atMs = momentOf(line['ts']);
  if (atMs === null) return fail('"ts" is not a time');
  const provider = providers.find((name) => name === line['provider']);
  if (provider === undefined) return fail(`"provider" is not one of ${providers.join(', ')}`);
  const { status, request, response = null } = line;
  if (typeof status !== 'number' || !Number.isInteger(status)) return fail('"status" is not a whole number');
  if (!isObject(request)) return fail('"request" is not a JSON object');
  const text_ = (name: string): string | null => {
    const value = line[name];
    return typeof value === 'string' ? value : null;
  };
  return ok({ atMs, site: text_('site'), provider, status, request, response, split: text_('split') });
}

/** ISO 8601 or milliseconds since 1970. */
function momentOf(value: Json | undefined): number | null {
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isFinite(ms) ? ms : null;
}

/** Traffic files as imports. */
export const traffic: Importer = {
  name: 'traffic',
  recognises: (record) =>
    'ts' in record &&
    'provider' in record &&
    'request' in record &&
    ('status' in record || 'response' in record),
  read: (record) => {
    const line = readTrafficRecord(record);
    if (!line.ok) return skip(line.error);
    const { atMs, site, provider, status, request, response } = line.value;
    const anthropic = provider === 'anthropic' && Array.isArray(request['messages']);
    const format = anthropic ? 'anthropic-messages' : formatOfBodies(request, response);
    if (format === null) return skip('the request is in no known wire format');
    return call({
      sourceId: null,
      startMs: atMs,
      durationMs: 0,
      firstByteMs: null,
      provider,
      vendor: provider,
      format,
      path: pathOfFormat(format, textOf(request, 'model')),
      status,
      request,
      response,
      site,
    });
  },
};
