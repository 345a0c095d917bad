import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { createMatcher } from '../../src/tasks/matcher.ts';
import { discoverTasks } from '../../src/tasks/miner.ts';
import { type CallSpec, makeCall, mixed, paragraph, sentence, stream } from './support/calls.ts';

/** Traffic that no project should have and some do. None of it may hang: the runner's time limit is the assertion. */

test('a thousand templates are a thousand tasks', () => {
  const opening = Array.from({ length: 20 }, () => sentence(createRandom('opening'))).join('\n');
  const calls = Array.from({ length: 1000 }, (_, t) => {
    const own = createRandom(t);
    const system = `${opening}\n${sentence(own)} ${sentence(own)}\nTask ${own.next()}${sentence(own)}`;
    return stream(`t${t}`, 8, (random) => ({
      system,
      user: sentence(random),
      answer: `${t} or ${random.int(3)}`,
    }));
  });
  const { tasks } = discoverTasks(mixed(...calls));
  assert.ok(tasks.length >= 990, `${tasks.length}`);
  const match = createMatcher(tasks);
  assert.equal(calls.flat().filter((call) => match(call.request) !== null).length, tasks.length * 8);
});

test('templates that share a long opening, without a system prompt, are taken apart', () => {
  const opening = Array.from({ length: 60 }, () => sentence(createRandom('opening'))).join('\n');
  const calls = Array.from({ length: 20 }, (_, t) => {
    const own = createRandom(t);
    const task = `${sentence(own)} ${sentence(own)}`;
    return stream(`o${t}`, 20, (random) => ({
      user: `${opening}\n${task}\n\nText: ${sentence(random)}`,
      answer: `${t}-${random.int(3)}`,
    }));
  });
  assert.deepEqual(
    discoverTasks(mixed(...calls)).tasks.map((task) => task.calls),
    Array.from({ length: 20 }, () => 20),
  );
});

const verbs =
  'Extract List Rewrite Rate Tag Detect Compare Group Grade Sort Flag Merge Outline Score Shorten Map'.split(
    ' ',
  );
const objects =
  'the delivery promise|all kinds of allergens|every deadline it names|the tone of voice|any legal clause|the payment method|names of machines|the warranty terms|each opening hour'.split(
    '|',
  );

for (const [where, written] of [
  ['user message', false],
  ['user message, with free text as answers', true],
  ['system prompt, with free text as answers', true],
] as const)
  test(`a hundred and fifty tasks that share a long opening in the ${where} are taken apart`, () => {
    const opening = Array.from({ length: 60 }, () => sentence(createRandom('opening'))).join('\n');
    const calls = Array.from({ length: 144 }, (_, t) => {
      const task = `${opening}\n${verbs[t % 16]} ${objects[(t >> 4) % 9]} in the text below. Never guess about ${objects[(t * 5) % 9]}, and keep to the order of the text.`;
      return stream(`${where}${t}`, 10, (random) => ({
        ...(where.startsWith('system')
          ? { system: task, user: sentence(random) }
          : { user: `${task}\n\nText: ${sentence(random)}` }),
        answer: written ? sentence(random) : `${t}-${random.int(3)}`,
      }));
    });
    const { assigned } = discoverTasks(mixed(...calls));
    const owners = new Map<string, Set<string>>();
    for (const { call, assignment } of assigned)
      owners.set(call.trace.source, (owners.get(call.trace.source) ?? new Set()).add(assignment.taskId!));
    const whole = [...owners.values()].filter((ids) => ids.size === 1).length;
    const alone = new Set([...owners.values()].flatMap((ids) => [...ids])).size;
    assert.ok(whole >= 140 && alone >= 140, `${whole} whole, ${alone} tasks`);
  });

test('documents that come again are material of one task, however few they are', () => {
  for (const count of [3, 12]) {
    const documents = Array.from({ length: count }, (_, d) => paragraph(createRandom(`document ${d}`), 8));
    const asked = 'Answer the question of a guest from the document only. Be brief.';
    const ways: ((document: string, question: string) => CallSpec)[] = [
      (document, question) => ({ system: asked, user: `Document:\n${document}\n\nQuestion: ${question}` }),
      (document, question) => ({ user: `${asked}\n\nDocument:\n${document}\n\nQuestion: ${question}` }),
      (document, question) => ({
        system: `${asked}\n\n<document>\n${document}\n</document>`,
        user: question,
      }),
    ];
    ways.forEach((way, w) => {
      const calls = stream(`documents ${count} ${w}`, count * 30, (random, i) => ({
        ...way(documents[i % count]!, sentence(random)),
        answer: sentence(random),
      }));
      const { tasks } = discoverTasks(calls);
      assert.deepEqual(
        tasks.map((task) => [task.calls, task.slots.some((slot) => slot.name === 'document')]),
        [[count * 30, true]],
        `${count} documents, way ${w}`,
      );
    });
  }
});

test('long documents in the middle of a prompt are one task where all get labels of one set', () => {
  const documents = Array.from({ length: 20 }, (_, d) => {
    const random = createRandom(`page ${d}`);
    return Array.from({ length: 80 }, () =>
      random
        .int(36 ** 4)
        .toString(36)
        .replace(/\d/gu, 'x'),
    ).join(' ');
  });
  const labels = ['refund', 'delivery', 'warranty', 'other'];
  const prompt = (document: string) =>
    `You help the staff of a shop. Use this.\n\n# ${document}\n\nSay what the question is about: ${labels.join(', ')}.`;
  const { tasks } = discoverTasks(
    stream('pages', 800, (random) => ({
      system: prompt(documents[random.int(20)]!),
      user: sentence(random),
      answer: labels[random.int(4)]!,
    })),
  );
  assert.deepEqual(
    tasks.map(({ calls }) => calls),
    [800],
  );
});

test('calls that come once only belong to no task', () => {
  const calls = Array.from({ length: 1500 }, (_, t) => {
    const random = createRandom(t);
    return makeCall({
      system: Array.from({ length: 10 }, () => sentence(random)).join(' '),
      user: 'go',
      answer: 'x',
    });
  });
  const { tasks, unassigned } = discoverTasks(calls);
  assert.deepEqual([tasks.length, unassigned.length], [0, 1500]);
});

test('prompts of 200 KB are aligned, varying or constant', () => {
  const long = (seed: number | string): string => {
    const random = createRandom(seed);
    return Array.from({ length: 5000 }, () => sentence(random))
      .join('\n')
      .slice(0, 200_000);
  };
  const constant = discoverTasks(
    stream('constant', 20, (random) => ({ system: long(1), user: sentence(random), answer: 'x' })),
  );
  assert.deepEqual(
    constant.tasks.map(({ calls }) => calls),
    [20],
  );
  const varying = discoverTasks(
    stream('varying', 12, (_, i) => ({
      system: 'Shorten the text.',
      user: `Text:\n${long(i)}\nShort:`,
      answer: `${i}`,
    })),
  );
  assert.deepEqual(
    varying.tasks.map(({ calls }) => calls),
    [12],
  );
  assert.equal(varying.assigned[3]!.assignment.slots['input']!.length, 200_000);
});

test('one character over and over, blanks, digits and brackets are no trap', () => {
  for (const text of ['a', ' \n', '9:', '({[', '\\d+', '"""']) {
    const { assigned, unassigned } = discoverTasks(
      stream(text, 20, (_, i) => ({
        system: text.repeat(50_000),
        user: text.repeat(30_000 + i),
        answer: text.repeat(1000),
      })),
    );
    assert.equal(assigned.length + unassigned.length, 20);
  }
});

test('empty, binary and missing content is read', () => {
  const calls = [
    ...stream('empty', 20, () => ({ user: '', answer: '' })),
    ...stream('nothing', 20, () => ({ messages: [], answer: null })),
    ...stream('binary', 40, (random) => ({
      system: 'Guess the file type from these bytes.',
      user: String.fromCharCode(...Array.from({ length: 300 }, () => random.int(65_536))),
      answer: '\u0000\ud800',
    })),
  ];
  const { tasks, unassigned } = discoverTasks(calls);
  assert.deepEqual(
    tasks.map((task) => task.calls),
    [40],
  );
  assert.equal(unassigned.length, 40);
  assert.deepEqual(discoverTasks([]), { tasks: [], assigned: [], unassigned: [] });
});

test('answers nested a thousand deep, or with thousands of fields, are profiled', () => {
  const deep = `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`;
  const wide = (i: number): string =>
    JSON.stringify(
      Object.fromEntries(Array.from({ length: 300 }, (_, k) => [`k${(k * 7 + i * 300) % 9000}`, k])),
    );
  for (const answer of [() => deep, wide]) {
    const { tasks } = discoverTasks(
      stream('json', 40, (random, i) => ({
        system: 'Give me the tree as JSON.',
        user: sentence(random),
        answer: answer(i),
      })),
    );
    assert.equal(tasks[0]!.output.kind, 'json');
  }
});

test('a task of which every call failed is still a task', () => {
  const { tasks, assigned } = discoverTasks(
    stream('failed', 20, (random) => ({
      system: 'Name the colour of the thing.',
      user: sentence(random),
      status: 503,
    })),
  );
  assert.deepEqual([tasks.length, tasks[0]!.output.kind], [1, 'text']);
  assert.ok(assigned.every(({ assignment }) => assignment.kind === 'error'));
});

test('calls that all began at the same millisecond are kept apart by their text', () => {
  const at = 5;
  const calls = [
    ...stream('one', 20, (random) => ({
      at,
      system: 'Name the colour of the thing.',
      user: sentence(random),
      answer: 'red',
    })),
    ...stream('two', 20, (random) => ({
      at,
      system: 'Count the words in it.',
      user: sentence(random),
      answer: '7',
    })),
  ];
  assert.deepEqual(
    discoverTasks(calls).tasks.map((task) => task.calls),
    [20, 20],
  );
});
