import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { buildDataset } from '../../../src/dataset/build.ts';
import { trainStudent } from '../../../src/student/train.ts';
import { discoverTasks } from '../../../src/tasks/miner.ts';
import { isLearned } from './judge.ts';
import { callOf } from './taskTruth.ts';
import { readTraffic } from './traffic.ts';

/**
 * `node wideAlone.ts FOLDER SET SEED EPSILON`: seconds from captured calls to a certified bundle with the linear rung alone,
 * in a process of its own. Prints one JSON object.
 */
const [folder = '', set = '', seed = '1', epsilon = '0.02'] = process.argv.slice(2);
const traffic = readTraffic(folder, set);
const learned = isLearned(set, traffic);
const calls = traffic.flatMap((line, i) => (learned(i) ? (callOf(line, `${set}:${i + 1}`) ?? []) : []));
const work = mkdtempSync(path.join(tmpdir(), 'understudy-wide-'));
const started = performance.now();
try {
  const discovery = discoverTasks(calls);
  const task = [...discovery.tasks].sort((a, b) => b.calls - a.calls)[0]!;
  const dataset = buildDataset({
    task,
    calls: discovery.assigned,
    capabilities: null,
    split: { testShare: 0 },
    seed: Number(seed),
  });
  const built = performance.now();
  const { card } = await trainStudent(
    dataset,
    {
      rungs: ['wide'],
      seed: Number(seed),
      device: 'cpu',
      epsilon: Number(epsilon),
      delta: 0.05,
      overrides: {},
    },
    {
      target: path.join(work, 'student'),
      checkpoints: path.join(work, 'checkpoints'),
      taskName: set,
      threads: {
        entry: path.resolve(import.meta.dirname, '../../../src/worker/trainer.ts'),
        count: Math.min(4, availableParallelism()),
      },
      capabilities: { keep: [], route: [], drop: [], signedBy: null, signedMs: null },
      terms: {},
      onProgress: () => {},
      signal: new AbortController().signal,
      now: () => 0,
    },
  );
  const ended = performance.now();
  console.log(
    JSON.stringify({
      seconds: Math.round(ended - started) / 1000,
      understand: Math.round(built - started) / 1000,
      train: Math.round(ended - built) / 1000,
      certified: card.outcome.kind === 'certified' ? card.outcome.certificate.coverage : 0,
    }),
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
