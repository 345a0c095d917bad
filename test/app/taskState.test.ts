import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noLive, type TaskParts, taskState } from '../../src/app/taskState.ts';
import { bundleFormat } from '../../src/student/format.ts';
import type { ModelCard } from '../../src/student/student.ts';
import { discoverTasks } from '../../src/tasks/miner.ts';
import { sentence, stream } from '../tasks/support/calls.ts';

const [task] = discoverTasks(
  stream('states', 60, (random) => ({
    system: 'Name the mood: calm, angry or sad.',
    user: sentence(random),
    answer: ['calm', 'angry', 'sad'][random.int(3)]!,
  })),
).tasks;

/** The parts of a card that a state is made of, as they stand on a disk. */
function cardOf(format: number): ModelCard {
  const certificate = { epsilon: 0.02, delta: 0.05, threshold: 0.9, n: 300, errors: 1, coverage: 0.8 };
  const card = {
    format,
    rung: 'wide',
    examples: { train: 800, validation: 100, calibration: 300, test: 0 },
    capabilities: { keep: [], route: [], drop: [], signedBy: null, signedMs: null },
    outcome: { kind: 'certified', certificate, buckets: [], joint: null },
    report: { buckets: [] },
  };
  return card as unknown as ModelCard;
}

const stateWith = (card: ModelCard) => {
  const parts: TaskParts = {
    task: task!,
    catalogue: null,
    policy: null,
    card,
    live: noLive,
    rolledBack: null,
    job: null,
    usage: [],
    ownPrices: {},
    verdicts: {},
    signed: null,
    reopened: {},
  };
  return taskState(parts);
};

test('a student of another version answers nothing, and its task says so and what to do', () => {
  assert.equal(stateWith(cardOf(bundleFormat)).stage, 'certified');
  for (const [format, which] of [
    [bundleFormat - 1, 'an earlier'],
    [bundleFormat + 1, 'a later'],
  ] as const) {
    const { stage, summary } = stateWith(cardOf(format));
    assert.equal(stage, 'rolled-back');
    assert.match(summary, new RegExp(`trained by ${which} version .* Train again`));
  }
});
