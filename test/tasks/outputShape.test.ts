import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outputWords } from '../../src/app/reportWords.ts';
import { createRandom, type Random } from '../../src/base/random.ts';
import { inferOutputShape } from '../../src/tasks/outputShape.ts';
import type { FieldProfile, OutputShape } from '../../src/tasks/task.ts';
import { type CallSpec, makeCall, person, sentence } from './support/calls.ts';

function shapeOf(count: number, build: (random: Random, i: number) => CallSpec): OutputShape {
  const random = createRandom(count);
  return inferOutputShape(
    Array.from({ length: count }, (_, i) => makeCall({ user: sentence(random), ...build(random, i) })),
  );
}

function fieldsOf(shape: OutputShape): Readonly<Record<string, FieldProfile>> {
  const fields = shape.kind === 'json' ? shape.fields : shape.kind === 'tools' ? shape.tools[0]!.fields : [];
  return Object.fromEntries(fields.map((field) => [field.path, field]));
}

test('a set of labels is closed once hardly any label was seen only once', () => {
  const labels = Array.from({ length: 150 }, (_, i) => `intent_${i}`);
  const closed = shapeOf(3000, (random) => ({ answer: labels[random.int(150)]! }));
  assert.ok(closed.kind === 'labels' && closed.closed && closed.values.length === 150);
  const open = shapeOf(3000, (random) => ({
    answer: labels[random.int(100)]! + (random.int(30) === 0 ? random.int(99999) : ''),
  }));
  assert.ok(open.kind === 'labels' && !open.closed);
});

test('labels that the prompt names are closed from the start', () => {
  const system = 'Answer with one of: red, green, blue, black.';
  const shape = shapeOf(12, (_, i) => ({ system, answer: ['red', 'green', 'blue', 'black'][i % 4]! }));
  assert.ok(shape.kind === 'labels' && shape.closed);
});

test('a full stop or quotes around a label make no other label', () => {
  const shape = shapeOf(100, (_, i) => ({ answer: ['yes', 'no', 'yes.', '"no"'][i % 4]! }));
  assert.ok(shape.kind === 'labels');
  assert.deepEqual(shape.values, [
    { value: 'yes', count: 50 },
    { value: 'no', count: 50 },
  ]);
});

test('ten thousand labels are a set of labels', () => {
  const shape = shapeOf(60_000, (random) => ({ user: 'x', answer: `sku ${random.int(10_000)}` }));
  assert.ok(shape.kind === 'labels' && shape.values.length > 9900);
});

test('lists of labels are a multi-label shape with their separator', () => {
  const tags = ['cat', 'dog', 'bird', 'fish', 'frog', 'horse'];
  const shape = shapeOf(400, (random) => ({
    answer: random
      .shuffle(tags)
      .slice(0, 1 + random.int(3))
      .join(', '),
  }));
  assert.ok(shape.kind === 'multi-label' && shape.separator === ', ' && shape.closed);
  assert.equal(shape.values.length, 6);
});

test('a label and then a reason is a label and text', () => {
  const shape = shapeOf(100, (random) => ({
    answer: `${['approve', 'reject'][random.int(2)]}\n${sentence(random)}`,
  }));
  assert.ok(shape.kind === 'label-then-text');
  assert.deepEqual(shape.values.map(({ value }) => value).sort(), ['approve', 'reject']);
});

test('answers that share most of their text are made from a template', () => {
  const shape = shapeOf(60, (random) => ({
    answer: `Dear ${person(random)},\n\nthank you for your message. We will look at it within two working days and come back to you.\n\nKind regards\nThe ${person(random)} team`,
  }));
  assert.ok(shape.kind === 'template-text');
  assert.match(shape.text, /^Dear \{\{.+\}\},\n\nthank you/u);
});

test('free text says how many answers differ', () => {
  const shape = shapeOf(60, (random) => ({ answer: sentence(random) + sentence(random) }));
  assert.ok(shape.kind === 'text' && /different answers in 60 calls/u.test(shape.reason));
  assert.equal(inferOutputShape([]).kind, 'text');
});

test('texts of a line are short: copied from the input or written from it', () => {
  const names = (random: Random): string => `${person(random)} ${random.int(10_000)}`;
  const copied = shapeOf(60, (random) => {
    const name = names(random);
    return { user: `ticket of ${name}, please`, answer: name };
  });
  assert.ok(copied.kind === 'text');
  assert.equal(copied.short, 'copied');
  const written = shapeOf(60, (random) => {
    const name = names(random);
    return { user: `ticket of ${name}, please`, answer: name.toLowerCase().replaceAll(' ', '-') };
  });
  assert.ok(written.kind === 'text');
  assert.equal(written.short, 'written');
  const words = [copied, written].map((output) => outputWords(output));
  assert.deepEqual(words, ['a short text, copied from the input', 'a short text, written from the input']);
  const long = shapeOf(60, (random) => ({ answer: sentence(random).repeat(8) }));
  assert.ok(long.kind === 'text' && long.short === undefined);
  assert.equal(outputWords(long), 'free text');
});

test('fields of JSON answers get their roles', () => {
  const cities = ['Bern', 'Oslo', 'Rome', 'Cork'];
  const shape = shapeOf(600, (random, i) => {
    const city = cities[random.int(4)]!;
    const name = `${person(random)} ${random.int(1000)}`;
    const answer = {
      schema_version: 2,
      city,
      country: { Bern: 'CH', Oslo: 'NO', Rome: 'IT', Cork: 'IE' }[city],
      name,
      amount: random.int(100_000) / 100,
      tags: random.shuffle(['a', 'b', 'c']).slice(0, random.int(3)),
      note: sentence(random),
      ...(i % 3 === 0 ? { urgent: random.int(2) === 0 } : {}),
      due: i % 2 === 0 ? null : '2026-01-01',
    };
    return { user: `order of ${name.toUpperCase()}`, answer: JSON.stringify(answer) };
  });
  const fields = fieldsOf(shape);
  const roles = Object.fromEntries(Object.entries(fields).map(([path, { role }]) => [path, role]));
  assert.deepEqual(roles, {
    schema_version: 'constant',
    city: 'enum',
    country: 'derived',
    name: 'copied',
    amount: 'number',
    tags: 'list',
    'tags[]': 'enum',
    note: 'free',
    due: 'enum',
    urgent: 'enum',
  });
  assert.equal(fields['country']!.from, 'city');
  assert.equal(fields['schema_version']!.constant, 2);
  assert.ok(Math.abs(fields['urgent']!.presence - 1 / 3) < 0.01);
  assert.deepEqual(fields['due']!.types, ['null', 'string']);
  assert.equal(fields['name']!.copyRate, 1);
});

test('independent fields, and few answers, derive nothing', () => {
  const independent = shapeOf(500, (random) => ({
    answer: JSON.stringify({ a: 'pqrs'[random.int(4)], b: 'xyz'[random.int(3)], id: `${random.next()}` }),
  }));
  assert.ok(
    Object.values(fieldsOf(independent)).every(({ role }) => role !== 'derived' && role !== 'constant'),
  );
  const few = shapeOf(12, () => ({ answer: JSON.stringify({ a: 1, b: 'x' }) }));
  assert.ok(Object.values(fieldsOf(few)).every(({ role }) => role !== 'constant' && role !== 'derived'));
});

test('a function that a teacher breaks now and then is none', () => {
  const shape = shapeOf(1000, (random) => {
    const a = random.int(6);
    return { answer: JSON.stringify({ a: `a${a}`, b: `b${random.int(20) === 0 ? random.int(3) : a % 3}` }) };
  });
  assert.equal(fieldsOf(shape)['b']!.role, 'enum');
});

test('tool calls are profiled by tool, with text answers as their share', () => {
  const shape = shapeOf(200, (random, i) => {
    if (i % 10 === 0) return { answer: 'Nothing to do.' };
    const guest = person(random);
    const calls = i % 4 === 1 ? 2 : 1;
    return {
      user: `a room for ${guest}`,
      toolCalls: Array.from({ length: calls }, () => ['book', { guest, nights: 1 + random.int(3) }] as const),
    };
  });
  assert.ok(shape.kind === 'tools');
  assert.ok(Math.abs(shape.noneShare - 0.1) < 1e-9);
  assert.ok(shape.parallelShare > 0.2 && shape.parallelShare < 0.3);
  assert.deepEqual(
    shape.tools[0]!.fields.map(({ path, role }) => [path, role]),
    [
      ['guest', 'copied'],
      ['nights', 'enum'],
    ],
  );
});

test('fenced JSON is JSON', () => {
  assert.equal(
    shapeOf(30, (random) => ({ answer: `\`\`\`json\n{"n": ${random.int(9)}}\n\`\`\`` })).kind,
    'json',
  );
});
