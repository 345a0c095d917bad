import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildDataset } from '../../src/dataset/build.ts';
import type { Dataset } from '../../src/dataset/example.ts';
import { renderAnswer } from '../../src/dataset/render.ts';
import { withMentions, withoutMentions } from '../../src/dataset/worded.ts';
import { type Made, makeCalls, makeTask, said } from './support.ts';

function datasetOf(made: readonly Made[]): Dataset {
  return buildDataset({ task: makeTask(), calls: makeCalls(made), capabilities: null, seed: 1 });
}

function assertRendered({ plan, examples }: Dataset): void {
  for (const { targets, input, answer } of examples) {
    assert.ok(targets !== null, answer.text ?? '');
    assert.deepEqual(renderAnswer(plan, { targets, input }), answer);
  }
}

const kinds = ['crash', 'slow page', 'typo', 'broken link'];
const people = ['Ann', 'Bo', 'Cleo', 'Dan', 'Eve'];

test('a text says what other fields have, as it is and as a slug', () => {
  const dataset = datasetOf(
    Array.from({ length: 200 }, (_, i): Made => {
      const [number, kind, who] = [1000 + ((i * 7919) % 9000), kinds[i % 4]!, people[i % 5]!];
      const id = `BUG-${number}`;
      return {
        input: `${id}: ${kind} reported by ${who}`,
        answer: said(
          JSON.stringify({
            id,
            kind,
            branch: `fix/${kind.replaceAll(' ', '-')}`,
            message: `[${id}] Fix ${kind} (reported by ${who})`,
          }),
        ),
      };
    }),
  );
  assert.ok(dataset.plan.kind === 'text-answer' && dataset.plan.node.kind === 'object');
  assert.deepEqual(
    dataset.plan.node.fields.map(({ node }) => node.kind),
    ['span', 'span', 'worded', 'worded'],
  );
  assertRendered(dataset);
});

test('a wording may copy one place in two forms', () => {
  const dataset = datasetOf(
    Array.from({ length: 200 }, (_, i): Made => {
      const name = `${people[i % 5]} Ray${String.fromCharCode(97 + (i % 26))}${String.fromCharCode(97 + ((i * 7) % 26))}`;
      return {
        input: `please add ${name} today`,
        answer: said(`User ${name} as ${name.toLowerCase().replace(' ', '_')}.`),
      };
    }),
  );
  assertRendered(dataset);
});

test('mentions are whole words, the longer ones first', () => {
  const mentions = [
    { of: 'a', normalisers: [] },
    { of: 'b', normalisers: ['upper'] },
  ];
  const fields = { a: 'red', b: 'red shoe' };
  const text = 'RED SHOE in red, not redder';
  const rest = withoutMentions(text, mentions, fields, {});
  assert.equal(rest, '\ue001 in \ue000, not redder');
  assert.equal(withMentions(rest, mentions, fields, {}), text);
  assert.equal(withMentions(rest, mentions, { a: 'red', b: null }, {}), null);
});
