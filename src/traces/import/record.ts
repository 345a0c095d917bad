import { isArray, isObject, type Json, type JsonObject, parseJson } from '../../base/json.ts';
import type { ProviderName, WireFormatName } from '../../wire/format.ts';

/** A call as an importer found it in a file: wire bodies, and what is known about it. */
export interface ImportedCall {
  /** The record's own id at its source; null where it has none, then its content stands for it. */
  readonly sourceId: string | null;
  /** null where the source does not tell; then the order in the file stands for the time. */
  readonly startMs: number | null;
  readonly durationMs: number;
  readonly firstByteMs: number | null;
  readonly provider: ProviderName;
  /** Whose service answered, as far as the source tells; left out: the model's name may give it away. */
  readonly vendor?: string;
  readonly format: WireFormatName;
  readonly path: string;
  readonly status: number;
  readonly request: JsonObject;
  readonly response: Json | null;
  readonly site: string | null;
}

/** What a record is: a call, a half whose other half is elsewhere, nothing that concerns us, or unusable. */
export type Reading =
  | { readonly kind: 'call'; readonly call: ImportedCall }
  | { readonly kind: 'input'; readonly key: string; readonly request: JsonObject }
  | { readonly kind: 'output'; readonly key: string; readonly complete: (request: JsonObject) => Reading }
  | { readonly kind: 'skip'; readonly reason: string };

/** One source's file format. */
export interface Importer {
  /** First part of `Trace.source`. */
  readonly name: string;
  /** Is this record of the format? Asked in the order of the table; the first that says yes reads the record. */
  recognises(record: JsonObject): boolean;
  /** A record may hold many calls (a list, a tree of spans). */
  read(record: JsonObject): readonly Reading[];
}

export const skip = (reason: string): readonly Reading[] => [{ kind: 'skip', reason }];
export const call = (found: ImportedCall): readonly Reading[] => [{ kind: 'call', call: found }];

/** A field's text; null where it is missing, empty or no text. */
export function text(record: JsonObject, ...names: string[]): string | null {
  for (const name of names) {
    const value = record[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

/** A field's number, also where it is written as text; null where it is none. */
export function number(record: JsonObject, ...names: string[]): number | null {
  for (const name of names) {
    const value = record[name];
    if (typeof value === 'number') return value;
    if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)))
      return Number(value);
  }
  return null;
}

/** A field's object, also where it is written as JSON in a text; {} where it is none. */
export function object(record: JsonObject, ...names: string[]): JsonObject {
  for (const name of names) {
    const value = unwrap(record[name]);
    if (isObject(value)) return value;
  }
  return {};
}

/** A field's array, also where it is written as JSON in a text; null where it is none. */
export function array(record: JsonObject, ...names: string[]): readonly Json[] | null {
  for (const name of names) {
    const value = unwrap(record[name]);
    if (isArray(value)) return value;
  }
  return null;
}

/** The value inside a JSON text that holds an object or an array; any other value as it is; null for nothing. */
export function unwrap(value: Json | undefined): Json {
  if (typeof value !== 'string') return value ?? null;
  if (!/^\s*[[{]/.test(value)) return value;
  return parseJson(value) ?? value;
}

/** Milliseconds since 1970 of an ISO text (UTC where it names no zone), of epoch seconds or of epoch milliseconds; null for none. */
export function moment(value: Json | undefined): number | null {
  if (typeof value === 'number') return value > 1e11 ? value : value * 1000;
  if (typeof value !== 'string' || value === '') return null;
  if (/^\d+(?:\.\d+)?$/.test(value)) return moment(Number(value));
  const iso = value.trim().replace(' ', 'T');
  const ms = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/i.test(iso) ? iso : `${iso}Z`);
  return Number.isFinite(ms) ? ms : null;
}

/** Times of a call from its start, end and first token. */
export function times(
  start: Json | undefined,
  end: Json | undefined,
  first?: Json | undefined,
): Pick<ImportedCall, 'startMs' | 'durationMs' | 'firstByteMs'> {
  const startMs = moment(start);
  const until = (value: Json | undefined): number | null => {
    const ms = moment(value);
    return ms === null || startMs === null ? null : Math.max(0, ms - startMs);
  };
  return { startMs, durationMs: until(end) ?? 0, firstByteMs: until(first) };
}
