import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildDataset } from '../../src/dataset/build.ts';
import type { ObjectField, OutputPlan } from '../../src/dataset/plan.ts';
import { renderAnswer } from '../../src/dataset/render.ts';
import { called, type Made, makeCalls, makeTask, said, topicCalls } from './support.ts';

function planOf(made: readonly Made[]): OutputPlan {
  return buildDataset({ task: makeTask(), calls: makeCalls(made), capabilities: null, seed: 1 }).plan;
}

function fieldsOf(plan: OutputPlan): Readonly<Record<string, ObjectField>> {
  assert.ok(plan.kind === 'text-answer' && plan.node.kind === 'object');
  return Object.fromEntries(plan.node.fields.map((field) => [field.key, field]));
}

const people = 'root daemon postgres www-data mail backup games news'.split(' ');

/** Records of a listing: owner and group are mostly the same, and stand apart in the input. */
const listing = Array.from({ length: 600 }, (_, i): Made => {
  const owner = people[i % 3 === 0 ? (i * 7) % 8 : 0]!;
  const group = i % 150 === 1 ? 'shadow' : owner;
  const path = i % 12 === 0 ? '' : i % 2 === 0 ? '/' : `/pool/${(i * 37) % 900}`;
  const fragment = i % 20 === 3 ? `part${i}` : null;
  const query = i % 40 === 7 ? `page=${i}` : null;
  return {
    input: `${owner} ${group} ${i + 1000} http://host${(i * 31) % 977}.example${path}${query === null ? '' : `?${query}`}${fragment === null ? '' : `#${fragment}`}`,
    answer: said(JSON.stringify({ owner, group, path, query, fragment })),
  };
});

test('two fields that are nearly always alike are read apart where both stand in the input', () => {
  const fields = fieldsOf(planOf(listing));
  assert.equal(fields['owner']?.node.kind, 'span');
  assert.equal(fields['group']?.node.kind, 'span');
});

test('two fields that are nearly always null do not follow from each other', () => {
  const fields = fieldsOf(planOf(listing));
  assert.ok(fields['query']?.node.kind === 'span' && fields['query'].node.missing === null);
  assert.ok(fields['fragment']?.node.kind === 'span' && fields['fragment'].node.missing === null);
});

test('an empty text stands for nothing copied though another value is more frequent', () => {
  const { path } = fieldsOf(planOf(listing));
  assert.ok(path?.node.kind === 'span' && path.node.missing === '');
});

test('fields may be called what every object inherits', () => {
  const made = topicCalls(120, (topic, i) =>
    said(
      JSON.stringify({
        constructor: topic,
        ...(i % 3 === 0 ? { toString: i % 2 === 0 ? 'long' : 'short' } : {}),
      }),
    ),
  );
  const dataset = buildDataset({ task: makeTask(), calls: makeCalls(made), capabilities: null, seed: 1 });
  const fields = fieldsOf(dataset.plan);
  assert.ok(fields['toString']?.node.kind === 'choice');
  assert.deepEqual([...fields['toString'].node.slot.values].sort(), ['long', 'short']);
  assert.ok(dataset.examples.every(({ unplanned }) => unplanned === null));
});

test('amounts are read in the marks of any country', () => {
  const amounts: readonly [string, number][] = [
    ['1.234,56 €', 1234.56],
    ['4 126,40 kr', 4126.4],
    ['$1,234.50', 1234.5],
    ['7.392 JPY', 7392],
    ['0,99 zł', 0.99],
  ];
  const made = Array.from({ length: 240 }, (_, i): Made => {
    const [text, amount] = amounts[i % amounts.length]!;
    const digit = `${Math.floor(i / amounts.length) + 10}`;
    return {
      input: `Total: ${digit}${text.replace(/^\D+/u, '')}`,
      answer: said(JSON.stringify({ total: Number(`${digit}${amount}`) })),
    };
  });
  const { total } = fieldsOf(planOf(made));
  assert.ok(total?.node.kind === 'span');
  assert.deepEqual(total.node.slot.normalisers, ['local-amount']);
});

test('a list that names each value once, sorted, is read from every mention', () => {
  const made = Array.from({ length: 200 }, (_, i): Made => {
    const bugs = Array.from({ length: (i % 4) + 1 }, (_, k) => `BUG-${1000 + ((i * 131 + k * 977) % 5000)}`);
    const text = `${bugs.join(' and ')} were mended; see ${bugs[0]} again`;
    return { input: text, answer: said(JSON.stringify({ bugs: [...new Set(bugs)].sort() })) };
  });
  const dataset = buildDataset({ task: makeTask(), calls: makeCalls(made), capabilities: null, seed: 1 });
  const { bugs } = fieldsOf(dataset.plan);
  assert.ok(bugs?.node.kind === 'span-list');
  assert.equal(bugs.node.distinct, 'sorted');
  for (const { targets, input, answer } of dataset.examples) {
    assert.ok(targets !== null);
    assert.deepEqual(renderAnswer(dataset.plan, { targets, input }), answer);
  }
});

test('a tool whose one free field stands in every answer is declined by the name of that field', () => {
  const made = Array.from(
    { length: 60 },
    (_, i): Made => ({
      input: `case ${i}`,
      answer: called([
        'note',
        JSON.stringify({ id: i, text: `${(i * 7919) % 10007} ways of saying ${i * 3}` }),
      ]),
    }),
  );
  const plan = planOf(made);
  assert.ok(plan.kind === 'unplannable');
  assert.match(plan.reason, /note\.text/u);
});

/** A log of several kinds of lines: fields that some kinds do not have, and that may be null where they are. */
const log = Array.from({ length: 400 }, (_, i): Made => {
  const burst = Math.floor(i / 8);
  const at = `2026-0${(burst % 9) + 1}-1${burst % 10} ${10 + (burst % 13)}:${10 + (burst % 47)}:${10 + (burst % 50)}`;
  const [before, after] = [i % 4 === 0 ? null : `1.${i}-2`, `2.${i}-1`];
  const state = i % 2 === 0;
  const line = state ? `status ok pack${i} ${after}` : `upgrade pack${i} ${before ?? '<none>'} ${after}`;
  const fields = state
    ? { state: 'ok', pack: `pack${i}`, version: after }
    : { pack: `pack${i}`, from: i % 3 === 0 ? null : before, to: after };
  return {
    input: `${at} ${line}`,
    answer: said(
      JSON.stringify({ at: at.replace(' ', 'T'), event: state ? 'status' : 'upgrade', ...fields }),
    ),
  };
});

test('a field may be left out by some kinds of answers and null in others', () => {
  const dataset = buildDataset({ task: makeTask(), calls: makeCalls(log), capabilities: null, seed: 1 });
  const { from } = fieldsOf(dataset.plan);
  assert.ok(from?.node.kind === 'span' && from.node.missing === null);
  assert.ok(from.presence !== null && from.presence !== 'found');
  for (const { targets, unplanned, input, answer } of dataset.examples) {
    assert.ok(targets !== null, unplanned ?? '');
    assert.deepEqual(renderAnswer(dataset.plan, { targets, input }), answer);
  }
});

test('times that come in bursts are read from the input and no set to choose from', () => {
  const { at } = fieldsOf(planOf(log));
  assert.equal(at?.node.kind, 'template');
});
