import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildDataset } from '../../src/dataset/build.ts';
import type { ObjectField, OutputPlan } from '../../src/dataset/plan.ts';
import { renderAnswer } from '../../src/dataset/render.ts';
import { called, type Made, makeCalls, makeTask, request, said, topicCalls } from './support.ts';

function planOf(made: readonly Made[], task = makeTask()): OutputPlan {
  return buildDataset({ task, calls: makeCalls(made), capabilities: null, seed: 1 }).plan;
}

function fieldsOf(plan: OutputPlan): Readonly<Record<string, ObjectField>> {
  assert.equal(plan.kind, 'text-answer');
  assert.ok(plan.kind === 'text-answer' && plan.node.kind === 'object');
  return Object.fromEntries(plan.node.fields.map((field) => [field.key, field]));
}

test('bare labels are one choice', () => {
  const plan = planOf(topicCalls(80, (topic) => said(topic)));
  assert.ok(plan.kind === 'text-answer' && plan.node.kind === 'choice');
  assert.deepEqual([...plan.node.slot.values].sort(), ['food', 'music', 'travel', 'weather']);
});

test('a label that was seen once is no class', () => {
  const plan = planOf(topicCalls(80, (topic, i) => said(i === 40 ? 'sports' : topic)));
  assert.ok(plan.kind === 'text-answer' && plan.node.kind === 'choice');
  assert.equal(plan.node.slot.values.includes('sports'), false);
});

test('JSON fields are told apart: constant, derived, choice, boolean, nullable', () => {
  const plan = planOf(
    topicCalls(120, (topic, i) =>
      said(
        JSON.stringify({
          area: topic === 'food' || topic === 'music' ? 'home' : 'away',
          topic,
          urgent: i % 3 === 0,
          version: 2,
          hint: i % 5 < 2 ? null : 'ask',
        }),
      ),
    ),
  );
  const fields = fieldsOf(plan);
  assert.equal(fields['version']?.node.kind, 'constant');
  assert.deepEqual(fields['area']?.node.kind === 'derived' && fields['area'].node.from, 'topic');
  assert.equal(fields['topic']?.node.kind, 'choice');
  assert.equal(fields['urgent']?.node.kind, 'choice');
  assert.ok(fields['hint']?.node.kind === 'choice');
  assert.deepEqual(fields['hint'].node.slot.values, ['ask', null]);
});

test('nested objects, optional fields and closed lists are planned', () => {
  const plan = planOf(
    topicCalls(120, (topic, i) =>
      said(
        JSON.stringify({
          about: { topic, ...(i % 4 < 2 ? { mood: i % 8 < 4 ? 'calm' : 'glad' } : {}) },
          tags: ['warm', 'quick', 'cheap'].filter((_, t) => (i >> t) % 2 === 0),
        }),
      ),
    ),
  );
  const fields = fieldsOf(plan);
  const about = fields['about']?.node;
  assert.ok(about?.kind === 'object');
  const mood = about.fields.find((field) => field.key === 'mood');
  assert.ok(mood?.presence !== null && mood?.presence !== 'found');
  assert.equal(mood?.presence?.name, 'about.mood?');
  assert.ok(fields['tags']?.node.kind === 'subset');
  assert.deepEqual(fields['tags'].node.values, ['warm', 'quick', 'cheap']);
});

test('values copied from the input are spans, under the normaliser that the teacher applies', () => {
  const cities = ['Paris', 'New York', 'Oslo', 'San Jose', 'Rome', 'Bonn', 'Kiel', 'Graz', 'Lund', 'Ulm'];
  const made = Array.from({ length: 60 }, (_, i): Made => {
    const city = `${cities[i % 10]} ${String.fromCharCode(65 + (i % 26))}`;
    return {
      input: `${request(i).text} in ${city} please`,
      answer: said(JSON.stringify({ city: city.toLowerCase(), count: 3 + (i % 40) })),
    };
  });
  const withCounts = made.map((m, i) => ({ ...m, input: `${String(m.input)} for ${3 + (i % 40)} people` }));
  const fields = fieldsOf(planOf(withCounts));
  assert.ok(fields['city']?.node.kind === 'span');
  assert.deepEqual(fields['city'].node.slot.normalisers, ['lower']);
  assert.ok(fields['count']?.node.kind === 'span');
  assert.equal(fields['count'].node.slot.type, 'number');
});

test('a copied field with a word for "there is none" leaves it to what is found', () => {
  const made = Array.from({ length: 80 }, (_, i): Made => {
    const phone = `+49 30 ${1000 + i * 37}`;
    const has = i % 3 > 0;
    return {
      input: has ? `${request(i).text}, call ${phone}` : request(i).text,
      answer: said(`Phone: ${has ? phone : 'n/a'}\nSource: mail`),
    };
  });
  const dataset = buildDataset({ task: makeTask(), calls: makeCalls(made), capabilities: null, seed: 1 });
  assert.notEqual(dataset.plan.kind, 'unplannable');
  for (const [i, example] of dataset.examples.entries()) {
    assert.equal(example.unplanned, null, made[i]!.answer.text ?? '');
    assert.deepEqual(
      renderAnswer(dataset.plan, { targets: example.targets!, input: example.input }),
      made[i]!.answer,
    );
  }
});

test('tool calls are a choice of tools and a plan for the arguments of each', () => {
  const plan = planOf(
    Array.from({ length: 90 }, (_, i): Made => {
      const name = `Name${String.fromCharCode(97 + (i % 26))}${i}`;
      if (i % 3 === 0)
        return { input: `call ${name} now`, answer: called(['dial', JSON.stringify({ person: name })]) };
      if (i % 3 === 1)
        return {
          input: `text ${name} and dial ${name}x`,
          answer: called(
            ['message', JSON.stringify({ to: name })],
            ['dial', JSON.stringify({ person: `${name}x` })],
          ),
        };
      return { input: `nothing for ${i}`, answer: { text: null, toolCalls: [] } };
    }),
  );
  assert.ok(plan.kind === 'tool-answer');
  assert.deepEqual(
    new Set(plan.choice.values.map((names) => JSON.stringify(names))),
    new Set(['["dial"]', '["message","dial"]', '[]']),
  );
  assert.deepEqual(plan.tools.map((tool) => tool.name).sort(), ['dial', 'message']);
});

test('a line with its variable parts masked is planned together with their list', () => {
  const plan = planOf(
    Array.from({ length: 60 }, (_, i): Made => {
      const id = String(1000 + i * 7);
      return {
        input: `Jan 3 host app[${i}]: opened session ${id} for user u${i}`,
        answer: called([
          'log',
          JSON.stringify({ template: 'opened session <*> for user <*>', params: [id, `u${i}`] }),
        ]),
      };
    }),
  );
  assert.ok(plan.kind === 'tool-answer');
  const node = plan.tools[0]?.arguments;
  assert.ok(node?.kind === 'object');
  assert.deepEqual(
    node.fields.map((field) => field.node.kind),
    ['masked-span', 'span-list'],
  );
});

test('several labels in one text are a subset of a closed set', () => {
  const all = ['red', 'green', 'blue', 'black', 'white', 'brown', 'grey', 'pink'];
  const plan = planOf(
    Array.from({ length: 200 }, (_, i) => ({
      input: request(i).text,
      answer: said(all.filter((_c, k) => ((i * 37 + 11) >> k) % 2 === 0).join(', ') || 'red'),
    })),
  );
  assert.ok(plan.kind === 'text-answer' && plan.node.kind === 'subset');
  assert.deepEqual([...plan.node.values].sort(), [...all].sort());
});

test('free text is declined in words', () => {
  const plan = planOf(
    Array.from({ length: 60 }, (_, i) => ({
      input: request(i).text,
      answer: said(`Let us see. ${request(i * 3).text} so the answer must be ${i}.`),
    })),
  );
  assert.ok(plan.kind === 'unplannable');
  assert.match(plan.reason, /free text: 60 different ones in 60 calls/);
});

test('calls that bring their own tools are declined in words', () => {
  const example = [{ name: 'area', description: '', parameters: {}, hosted: false }];
  const task = makeTask({ toolset: { kind: 'varying', example } });
  const plan = planOf(
    topicCalls(40, () => called(['area', '{}'])),
    task,
  );
  assert.ok(plan.kind === 'unplannable');
  assert.match(plan.reason, /brings its own tools \(such as area\)/);
});

test('a handful of answers is declined in words', () => {
  const plan = planOf(topicCalls(5, (topic) => said(topic)));
  assert.ok(plan.kind === 'unplannable');
  assert.match(plan.reason, /Only 5 usable answers/);
});

test('thousands of labels are declined in words', () => {
  const plan = planOf(
    Array.from({ length: 5200 }, (_, i) => ({ input: `item ${i}`, answer: said(`label-${i % 2600}`) })),
  );
  assert.ok(plan.kind === 'unplannable');
  assert.match(plan.reason, /2600 different ones in 5200 calls/);
});
