import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { modelInputOf } from '../../../src/dataset/input.ts';
import type { RoutingPolicy } from '../../../src/routing/policy.ts';
import { loadStudent } from '../../../src/student/bundle.ts';
import { createMatcher } from '../../../src/tasks/matcher.ts';
import type { Task } from '../../../src/tasks/task.ts';
import type { PredictionLine } from './replayRun.ts';
import { callOf } from './taskTruth.ts';
import { readLines, type TrafficLine } from './traffic.ts';

/**
 * `node parity.ts STORAGE TRAFFIC PREDICTIONS`: what the bundles of a replay say of its test lines in a process of their own,
 * all at once as the trainer asks them, beside what they said one by one behind the gateway. Prints one JSON object.
 */

/** The most by which two confidences in one answer may differ. */
const tolerance = 1e-4;
const placeholder = /<[a-z-]+:[0-9a-f]{4,}>/;

const [storage = '', traffic = '', predictions = ''] = process.argv.slice(2);
const tasks = readJson<Task[]>('tasks.json');
// Where no task was worth a student, nobody wrote how calls are to be routed.
const policies = existsSync(path.join(storage, 'policies.json'))
  ? readJson<RoutingPolicy[]>('policies.json')
  : [];
const match = createMatcher(tasks);
const lines = readLines<TrafficLine>(traffic);
const asked = readLines<PredictionLine>(predictions).filter((line) => line.confidence !== null);

let compared = 0;
let answers = 0;
let largest = 0;
for (const { taskId, bundle } of policies) {
  const task = tasks.find(({ id }) => id === taskId);
  const own = asked.flatMap((line) => {
    const call = line.task === taskId ? callOf(lines[line.line - 1]!, String(line.line)) : null;
    const found = call === null ? null : match(call.request);
    return found?.taskId === taskId ? [{ line, found }] : [];
  });
  if (task === undefined || bundle === null || own.length === 0) continue;
  const student = await loadStudent(path.resolve(storage, bundle));
  if (!student.ok) throw new Error(student.error.message);
  const said = await student.value.predict(own.map(({ found }) => modelInputOf(task, found.slots)));
  await student.value.dispose();
  for (const [i, { line }] of own.entries()) {
    const { answer, confidence } = said[i]!;
    // What looks like a secret is kept as a placeholder: the stored copy is not what was answered.
    if (placeholder.test(JSON.stringify(line.answer))) continue;
    compared++;
    if (JSON.stringify(answer) !== JSON.stringify(line.answer)) answers++;
    largest = Math.max(largest, Math.abs(confidence - (line.confidence ?? 0)));
  }
}
const left = asked.length - compared;
console.log(
  JSON.stringify({ compared, left, answers, largest, held: answers === 0 && largest <= tolerance }),
);

function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(path.join(storage, name), 'utf8')) as T;
}
