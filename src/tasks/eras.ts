import type { Call } from '../traces/trace.ts';
import { isSequential } from './timeline.ts';

/**
 * Changes of the teacher's model inside calls of one template: the old model stops where the new one starts. Models that
 * run side by side (two providers, an experiment) are no change, nor is a call or two to another model.
 */

/** Calls that a model must have answered before it counts. */
const ENOUGH = 5;

/** The model that answered, as the response names it; the requested one where there is no response. */
export function teacherModel(call: Call): string {
  return call.response?.model || call.request.model;
}

/**
 * @param calls in order of time.
 * @returns the era of each call, counted from 0.
 */
export function modelEras(calls: readonly Call[]): Int32Array {
  const eras = new Int32Array(calls.length);
  const spans = new Map<string, { first: number; last: number; times: number[]; requested: Set<string> }>();
  calls.forEach((call, i) => {
    if (call.response === null || call.trace.servedBy === 'student') return;
    const model = teacherModel(call);
    const span = spans.get(model) ?? { first: i, last: i, times: [], requested: new Set<string>() };
    span.last = i;
    span.times.push(i);
    span.requested.add(call.request.model);
    spans.set(model, span);
  });
  const models = [...spans].filter(([, span]) => span.times.length >= ENOUGH);
  if (models.length < 2) return eras;
  models.sort((a, b) => a[1].first - b[1].first);
  const eraOf = new Map<string, number>();
  const starts: number[] = [0];
  models.forEach(([model, span], k) => {
    const replaced = models.slice(0, k).some(([, older]) => follows(older.times, span.times));
    if (replaced) starts.push(span.first);
    eraOf.set(model, starts.length - 1);
    // Errors carry the requested model only.
    for (const requested of span.requested)
      if (!eraOf.has(requested)) eraOf.set(requested, starts.length - 1);
  });
  if (starts.length === 1) return eras;
  const retired = new Set(
    models
      .filter(([, span], k) => models.slice(k + 1).some(([, newer]) => follows(span.times, newer.times)))
      .map(([model]) => model),
  );
  calls.forEach((call, i) => {
    const model = teacherModel(call);
    const known = eraOf.get(model);
    const byTime = starts.filter((start) => start <= i).length - 1;
    const settled = known !== undefined && (retired.has(model) || known > 0);
    eras[i] = settled
      ? Math.min(Math.max(known, retired.has(model) ? known : byTime), starts.length - 1)
      : byTime;
  });
  return eras;
}

function follows(older: readonly number[], newer: readonly number[]): boolean {
  if (older[0]! > newer[0]! || older.at(-1)! > newer.at(-1)!) return false;
  return isSequential([...older.map((i) => [i, 0] as const), ...newer.map((i) => [i, 1] as const)]);
}
