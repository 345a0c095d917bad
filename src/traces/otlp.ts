import { isObject, type Json } from '../base/json.ts';
import { traceOf } from './import/import.ts';
import { otlp } from './import/otlpFile.ts';
import type { Trace } from './trace.ts';

/**
 * The calls in the body of an OTLP/HTTP JSON export (`POST /v1/traces` or `/v1/logs`), so that an instrumented application
 * can send its spans here without changing a base URL. Spans that are no calls to a model are not counted as skipped.
 * @param nowMs for spans that name no time.
 */
export function tracesFromOtlp(
  body: Json,
  nowMs: number,
): { readonly traces: readonly Trace[]; readonly skipped: readonly string[] } {
  const traces: Trace[] = [];
  const skipped: string[] = [];
  if (!isObject(body)) return { traces, skipped: ['the body is not a JSON object'] };
  for (const reading of otlp.read(body)) {
    if (reading.kind === 'skip' && reading.reason !== 'no span of a call to a model')
      skipped.push(reading.reason);
    if (reading.kind !== 'call') continue;
    const trace = traceOf(otlp.name, reading.call, nowMs);
    if (trace.ok) traces.push(trace.value);
    else skipped.push(trace.error);
  }
  return { traces, skipped };
}

/** Ids that are remembered: an exporter that repeats an export does so within seconds. */
const REMEMBERED = 50_000;

/** `tracesFromOtlp` with a memory: a call that comes again, because an exporter missed our answer, is left out. */
export function createOtlpReader(): (
  body: Json,
  nowMs: number,
) => ReturnType<typeof tracesFromOtlp> & { readonly duplicates: number } {
  const seen = new Set<string>();
  return (body, nowMs) => {
    const { traces, skipped } = tracesFromOtlp(body, nowMs);
    const fresh = traces.filter(({ id }) => !seen.has(id) && seen.add(id));
    // A Set keeps the order of adding: the oldest go first.
    for (const id of seen) {
      if (seen.size <= REMEMBERED) break;
      seen.delete(id);
    }
    return { traces: fresh, skipped, duplicates: traces.length - fresh.length };
  };
}
