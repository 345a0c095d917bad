import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isObject, parseJson } from '../base/json.ts';
import type { Call } from '../traces/trace.ts';
import type { TrainJob } from './protocol.ts';

/** A training that was killed longer ago than this begins anew: by then there is more to learn from. */
const longestRestMs = 24 * 3_600_000;

/**
 * The calls that a training may learn from: all of them, or where the same training was killed those that it had, for with
 * newer ones it would be another and nothing of it could be gone on with. What it had is noted in the folder of its
 * checkpoints, which is removed when it ends.
 * @param calls oldest first.
 * @returns goesOn: whether a training that was killed had begun with them.
 */
export function callsToLearnFrom(
  job: TrainJob,
  calls: readonly Call[],
  checkpoints: string,
): { readonly calls: readonly Call[]; readonly goesOn: boolean } {
  const file = path.join(checkpoints, 'job.json');
  const { nowMs, terms: _, ...same } = job;
  const name = JSON.stringify(same);
  const begun = readBegun(file);
  if (begun !== null && begun.name === name && Math.abs(nowMs - begun.nowMs) < longestRestMs)
    return { calls: calls.filter(({ trace }) => trace.startMs <= begun.untilMs), goesOn: true };
  const untilMs = calls.at(-1)?.trace.startMs ?? 0;
  try {
    mkdirSync(checkpoints, { recursive: true });
    writeFileSync(file, JSON.stringify({ name, nowMs, untilMs } satisfies Begun));
  } catch {
    // A full disk: killed, the training would begin anew.
  }
  return { calls, goesOn: false };
}

interface Begun {
  readonly name: string;
  readonly nowMs: number;
  /** Start of the newest call. */
  readonly untilMs: number;
}

function readBegun(file: string): Begun | null {
  try {
    const begun = parseJson(readFileSync(file, 'utf8'));
    return isObject(begun) && typeof begun['untilMs'] === 'number' ? (begun as unknown as Begun) : null;
  } catch {
    return null; // None was begun.
  }
}
