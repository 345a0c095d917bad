import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildDataset } from '../../src/dataset/build.ts';
import type { Dataset } from '../../src/dataset/example.ts';
import { renderAnswer } from '../../src/dataset/render.ts';
import { editsBetween } from '../../src/dataset/rewrite.ts';
import { type Made, makeCalls, makeTask, said } from './support.ts';

function datasetOf(made: readonly Made[]): Dataset {
  return buildDataset({ task: makeTask(), calls: makeCalls(made), capabilities: null, seed: 1 });
}

/** The answers that come back byte for byte; the others have no targets. */
function rendered({ plan, examples }: Dataset): number {
  const planned = examples.filter(({ targets }) => targets !== null);
  for (const { targets, input, answer } of planned)
    assert.deepEqual(renderAnswer(plan, { targets: targets!, input }), answer);
  return planned.length;
}

const names = ['Ann Ray', 'Bo Lind', 'Cleo Marsh', 'Dan Ortega', 'Eve de Wit'];
const phone = (i: number): string => `(555) ${100 + ((i * 37) % 900)}-${1000 + ((i * 7919) % 9000)}`;
const leads = ['Hello,', 'Order 44 is late.', 'Since May nothing works;'];

/** A message and its redacted form. */
function redaction(i: number): [text: string, masked: string] {
  const say = (name: string, number: string): string => {
    const parts = [
      `${i} ${leads[i % 3]}`,
      ...(i % 4 === 1 ? [] : [`ask for ${name}`]),
      ...(i % 3 === 0 ? [] : [`or call ${number}, please`]),
    ];
    return i % 7 === 2 ? `${i} ${leads[i % 3]} it was ${name}, ${number}.` : parts.join(' ');
  };
  return [say(names[i % 5]!, phone(i)), say('[NAME]', '[PHONE]')];
}

test('redacted texts are the input with its names and numbers replaced', () => {
  const dataset = datasetOf(
    Array.from({ length: 300 }, (_, i): Made => {
      const [text, masked] = redaction(i);
      return { input: text, answer: said(masked) };
    }),
  );
  assert.ok(dataset.plan.kind === 'text-answer' && dataset.plan.node.kind === 'rewritten');
  assert.deepEqual(dataset.plan.node.changes.map(({ as }) => as).sort(), ['[NAME]', '[PHONE]']);
  assert.equal(rendered(dataset), 300);
});

test('a redacted field stands beside a list of what was removed', () => {
  const dataset = datasetOf(
    Array.from({ length: 300 }, (_, i): Made => {
      const [text, masked] = redaction(i);
      const removed = [...masked.matchAll(/\[(NAME|PHONE)\]/gu)].map(([, kind]) =>
        kind === 'NAME' ? { kind, value: names[i % 5]! } : { kind, value: phone(i) },
      );
      return {
        input: text,
        answer: said(JSON.stringify({ text: masked, removed, count: removed.length })),
      };
    }),
  );
  assert.equal(rendered(dataset), 300);
});

test('what was replaced is counted', () => {
  const dataset = datasetOf(
    Array.from({ length: 300 }, (_, i): Made => {
      const [text, masked] = redaction(i);
      const names = masked.split('[NAME]').length - 1;
      const phones = masked.split('[PHONE]').length - 1;
      return {
        input: text,
        answer: said(JSON.stringify({ changed: names + phones > 0, text: masked, phones, names })),
      };
    }),
  );
  assert.ok(dataset.plan.kind === 'text-answer' && dataset.plan.node.kind === 'object');
  assert.deepEqual(
    dataset.plan.node.fields.map(({ node }) => (node.kind === 'formula' ? node.formula.kind : node.kind)),
    ['replaced', 'rewritten', 'replaced', 'replaced'],
  );
  assert.equal(rendered(dataset), 300);
});

test('dates within a sentence are written in one form and the rest stays', () => {
  const months = ['January', 'February', 'March', 'April'];
  const dataset = datasetOf(
    Array.from({ length: 200 }, (_, i): Made => {
      const [day, month] = [(i % 27) + 1, i % 4];
      const iso = `2026-0${month + 1}-${String(day).padStart(2, '0')}`;
      const say = (date: string): string => `Room ${i % 9} is free on ${date}, or later.`;
      return { input: say(`${months[month]} ${day}, 2026`), answer: said(say(iso)) };
    }),
  );
  assert.ok(dataset.plan.kind === 'text-answer' && dataset.plan.node.kind === 'rewritten');
  assert.equal(rendered(dataset), 200);
});

test('measures within a sentence are given in another unit', () => {
  const dataset = datasetOf(
    Array.from({ length: 200 }, (_, i): Made => {
      const [miles, pounds] = [2 + ((i * 7) % 80), 3 + ((i * 11) % 90)];
      const say = (a: string, b: string): string =>
        `Walk ${a} with ${i % 3 === 0 ? 'nothing' : b}, then rest ${i}.`;
      const [km, kg] = [(miles * 1.609344).toFixed(1), (pounds * 0.45359237).toFixed(1)].map(Number);
      return { input: say(`${miles} miles`, `${pounds} pounds`), answer: said(say(`${km} km`, `${kg} kg`)) };
    }),
  );
  assert.equal(rendered(dataset), 200);
});

test('short forms are spelled out by what each always stands for', () => {
  const forms: Readonly<Record<string, string>> = { u: 'you', pls: 'please', thx: 'thanks', b4: 'before' };
  const words = ['u', 'pls', 'thx', 'b4', 'send', 'it', 'noon', 'me', 'call'];
  const dataset = datasetOf(
    Array.from({ length: 200 }, (_, i): Made => {
      const text = Array.from({ length: 7 }, (_, k) => words[(i * (k + 3) + k * k) % 9]!);
      return {
        input: `${i} ${text.join(' ')}`,
        answer: said(`${i} ${text.map((word) => forms[word] ?? word).join(' ')}`),
      };
    }),
  );
  assert.ok(dataset.plan.kind === 'text-answer' && dataset.plan.node.kind === 'rewritten');
  assert.equal(rendered(dataset), 200);
});

test('an answer that is worded anew is no replacement', () => {
  const dataset = datasetOf(
    Array.from(
      { length: 200 },
      (_, i): Made => ({
        input: `message ${i} about ${names[i % 5]} and ${phone(i)}`,
        answer: said(`Reply ${(i * 7919) % 10007}: we will see to ${(i * 31) % 977} of ${(i * 17) % 871}`),
      }),
    ),
  );
  assert.equal(dataset.plan.kind, 'unplannable');
});

test('edits are as narrow as words and the marks around them allow', () => {
  const text = 'Mail <ann.s@x.org>, then ask Ann Ray, please';
  assert.deepEqual(editsBetween(text, 'Mail <EMAIL>, then ask [NAME], please')?.edits, [
    { start: 6, end: 17, text: 'EMAIL' },
    { start: 29, end: 36, text: '[NAME]' },
  ]);
  assert.deepEqual(editsBetween(text, text)?.edits, []);
  assert.equal(editsBetween('a b', 'a b c'), null);
  assert.equal(editsBetween('a b c', 'a c'), null);
});
