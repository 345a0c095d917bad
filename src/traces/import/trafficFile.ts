import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { ProviderName, WireFormatName } from '../../wire/format.ts';
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

/** The wire format of a line: its provider tells more than the bodies do. */
function formatOf({ provider, request, response }: TrafficLine): WireFormatName | null {
  const hasMessages = Array.isArray(request['messages']);
  if (provider === 'anthropic' && hasMessages) return 'anthropic-messages';
  if (provider === 'ollama' && request['prompt'] !== undefined) return 'ollama-generate';
  // Ollama speaks OpenAI's wire as well.
  const isOpenAi = isObject(response) && response['choices'] !== undefined;
  if (provider === 'ollama' && hasMessages && !isOpenAi) return 'ollama-chat';
  return formatOfBodies(request, response);
}

/** Where a line's request goes, behind its provider's base URL. */
export function pathOf(line: TrafficLine): string {
  const model = textOf(line.request, 'model');
  if (line.provider === 'azure')
    return `/openai/deployments/${model ?? 'model'}/chat/completions?api-version=2024-10-21`;
  return pathOfFormat(formatOf(line) ?? 'openai-chat', model);
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
    const format = formatOf(line.value);
    if (format === null) return skip('the request is in no known wire format');
    return call({
      sourceId: null,
      startMs: atMs,
      durationMs: 0,
      firstByteMs: null,
      provider,
      vendor: provider,
      format,
      path: pathOf(line.value),
      status,
      request,
      response,
      site,
    });
  },
};
