import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildDataset } from '../../src/dataset/build.ts';
import type { Dataset } from '../../src/dataset/example.ts';
import type { StudentSpec, TrainOptions, TrainProgress } from '../../src/student/student.ts';
import type { RungWork } from '../../src/student/wideRung.ts';
import { type Made, makeCalls, makeTask } from '../dataset/support.ts';

/** A folder of its own for a test, removed afterwards. */
export async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'understudy-student-'));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function dataOf(made: readonly Made[], testShare = 0.2): Dataset {
  const split = { testShare, calibrationShare: 0.3, validationShare: 0 };
  return buildDataset({ task: makeTask(), calls: makeCalls(made), capabilities: null, split, seed: 1 });
}

export function specOf(changes: Partial<StudentSpec> = {}): StudentSpec {
  return {
    rungs: ['cache', 'wide'],
    seed: 1,
    device: 'cpu',
    epsilon: 0.05,
    delta: 0.05,
    overrides: {},
    ...changes,
  };
}

export function optionsIn(
  folder: string,
  changes: Partial<TrainOptions> = {},
): TrainOptions & { readonly seen: TrainProgress[] } {
  const seen: TrainProgress[] = [];
  return {
    target: path.join(folder, 'bundle'),
    checkpoints: path.join(folder, 'checkpoints'),
    taskName: 'task',
    capabilities: { keep: [], route: [], drop: [], signedBy: null, signedMs: null },
    terms: {},
    onProgress: (progress) => seen.push(progress),
    signal: new AbortController().signal,
    now: () => 0,
    seen,
    ...changes,
  };
}

/** How a wide rung is trained in one thread, with nobody looking on. */
export function inOneThread(held: readonly number[]): RungWork {
  return { held, seed: 1, pause: async () => {}, threads: null, progress: () => {} };
}
