import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discoverTasks, noEdits } from '../../src/tasks/miner.ts';
import { makeCall, mixed, START, sentence, stream } from './support/calls.ts';
import { handTyped } from './support/scenarios.ts';

const DAY = 86_400_000;

function moods(count: number, from = START, extra = ''): ReturnType<typeof stream> {
  return stream(
    `moods${extra}`,
    count,
    (random) => ({
      system: `Name the mood of the sentence: calm, angry or sad.${extra}`,
      user: sentence(random),
      answer: ['calm', 'angry', 'sad'][random.int(3)]!,
    }),
    { from },
  );
}

test('the order in which calls are handed over does not matter', () => {
  const calls = mixed(moods(40), handTyped(20));
  const ids = ({ tasks }: ReturnType<typeof discoverTasks>): unknown =>
    tasks.map(({ id, calls: n }) => [id, n]);
  assert.deepEqual(ids(discoverTasks([...calls].reverse())), ids(discoverTasks(calls)));
});

test('a task keeps its id while traffic arrives and its prompt is edited', () => {
  const log = mixed(
    moods(200),
    moods(100, START + DAY, ' Say one word.'),
    moods(100, START + 2 * DAY, ' Be quick.'),
  );
  const ids = [20, 150, 250, 320, 400].map((count) => {
    const { tasks } = discoverTasks(log.slice(0, count));
    assert.equal(tasks.length, 1, `${count} calls`);
    return tasks[0]!.id;
  });
  assert.equal(new Set(ids).size, 1);
});

test('a known task keeps its id when its first calls are gone from the log', () => {
  const log = mixed(moods(60), moods(60, START + DAY, ' Say one word.'));
  const known = discoverTasks(log).tasks;
  const later = log.slice(60);
  assert.notEqual(discoverTasks(later).tasks[0]!.id, known[0]!.id);
  assert.equal(discoverTasks(later, noEdits, known).tasks[0]!.id, known[0]!.id);
});

test('a pin wins over what the prompt says', () => {
  const pinned = stream('pinned', 12, (random) => ({
    system: 'Name the mood of the sentence: calm, angry or sad.',
    user: sentence(random),
    pin: 'Night shift',
    answer: 'calm',
  }));
  const { tasks, assigned } = discoverTasks(mixed(moods(30), pinned));
  assert.equal(tasks.length, 2);
  const task = tasks.find((candidate) => candidate.name === 'Night shift')!;
  assert.equal(task.id, 'night-shift');
  for (const { call, assignment } of assigned) {
    assert.equal(assignment.taskId === task.id, call.trace.pinnedTask === 'Night shift');
  }
});

test('one pinned call is a task', () => {
  const { tasks, assigned } = discoverTasks([
    makeCall({ user: 'hello there', answer: 'hi', pin: 'Greeter' }),
  ]);
  assert.deepEqual([tasks[0]!.id, assigned[0]!.assignment.taskId], ['greeter', 'greeter']);
});

test('merges, renames and splits of the user are remembered', () => {
  const other = stream('other', 30, (random) => ({
    system: 'Tell which colour comes to mind: red, green, blue.',
    user: sentence(random),
    answer: ['red', 'green', 'blue'][random.int(3)]!,
  }));
  const log = mixed(moods(30), other);
  const [first, second] = discoverTasks(log).tasks;
  const merged = discoverTasks(log, {
    ...noEdits,
    merges: { [second!.id]: first!.id },
    names: { [first!.id]: 'Feelings' },
  });
  assert.equal(merged.tasks.length, 1);
  assert.deepEqual(
    [merged.tasks[0]!.id, merged.tasks[0]!.name, merged.tasks[0]!.renamed],
    [first!.id, 'Feelings', true],
  );
  assert.equal(merged.tasks[0]!.versions.length, 2);

  const edited = mixed(moods(40), moods(40, START + DAY, ' Say one word.'));
  const task = discoverTasks(edited).tasks[0]!;
  assert.equal(task.versions.length, 2);
  const split = discoverTasks(edited, { ...noEdits, splits: [task.versions[1]!.template.hash] });
  assert.deepEqual(
    split.tasks.map(({ calls }) => calls),
    [40, 40],
  );
  assert.ok(split.tasks.some(({ id }) => id === task.id));
});

test('a merge that runs in a circle ends', () => {
  const log = moods(20);
  const { id } = discoverTasks(log).tasks[0]!;
  assert.equal(discoverTasks(log, { ...noEdits, merges: { [id]: 'b', b: id } }).tasks.length, 1);
});

test('what the student answered teaches nothing about the teacher', () => {
  const served = moods(40, START + DAY).map((call) => ({
    ...call,
    trace: { ...call.trace, servedBy: 'student' as const },
    response: { ...call.response!, model: 'student-model', text: 'purple' },
  }));
  const task = discoverTasks(mixed(moods(60), served)).tasks[0]!;
  assert.equal(task.versions.length, 1);
  assert.deepEqual(
    task.models.map(({ model }) => model),
    ['teacher-1'],
  );
  assert.ok(task.output.kind === 'labels' && task.output.values.every(({ value }) => value !== 'purple'));
});

test('a value of an earlier turn that the answers name is a slot, and instructions stay tasks', () => {
  const asked = (named: boolean) =>
    stream(named ? 'named' : 'told', 240, (random, i) => {
      const topic = ['flight', 'hotel', 'car'][i % 3]!;
      const act = ['cancel', 'change', 'price'][random.int(3)]!;
      return {
        system: 'Name the intent of the last message of the conversation.',
        messages: [
          { role: 'user', parts: [{ kind: 'text', text: `I want to book a ${topic}` }] },
          { role: 'assistant', parts: [{ kind: 'text', text: 'Sure, where to and when?' }] },
          { role: 'user', parts: [{ kind: 'text', text: `${sentence(random)} ${act}` }] },
        ],
        answer: named ? `${topic}.${act}` : `${'xyz'[i % 3]}-${act}`,
      };
    });
  assert.equal(discoverTasks(asked(true)).tasks.length, 1);
  assert.equal(discoverTasks(asked(false)).tasks.length, 3);
});
