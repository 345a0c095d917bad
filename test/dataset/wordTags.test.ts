import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildDataset } from '../../src/dataset/build.ts';
import type { Dataset } from '../../src/dataset/example.ts';
import { renderAnswer } from '../../src/dataset/render.ts';
import { type Made, makeCalls, makeTask, said } from './support.ts';

const people = ['Ann', 'Bo', 'Cleo', 'Dan'];
const cities = ['Rome', 'Oslo', 'New York', 'San Juan'];

/** Sentences with a tag for each word. */
function tagged(write: (tags: readonly string[], i: number) => string): Made[] {
  return Array.from({ length: 200 }, (_, i): Made => {
    const [person, city] = [people[i % 4]!, cities[(i * 3) % 4]!];
    const rest = 'very '.repeat(i % 5).trim();
    const tags = [
      ...(i % 3 === 0 ? ['O'] : ['O', 'B-PER', ...(i % 2 === 0 ? ['I-PER'] : [])]),
      'O',
      'B-LOC',
      ...(city.includes(' ') ? ['I-LOC'] : []),
      ...rest.split(' ').flatMap((word) => (word === '' ? [] : ['O'])),
      'O',
    ];
    const name = i % 3 === 0 ? '' : ` ${person}${i % 2 === 0 ? ' Ray' : ''}`;
    return {
      input: `saw${name} near ${city} ${rest === '' ? '' : `${rest} `}case${i}`,
      answer: said(write(tags, i)),
    };
  });
}

function datasetOf(made: readonly Made[]): Dataset {
  return buildDataset({ task: makeTask(), calls: makeCalls(made), capabilities: null, seed: 1 });
}

function assertRendered({ plan, examples }: Dataset): void {
  for (const { targets, input, answer } of examples) {
    assert.ok(targets !== null, answer.text ?? '');
    assert.deepEqual(renderAnswer(plan, { targets, input }), answer);
  }
}

test('a tag for each word between spaces marks runs of words', () => {
  const dataset = datasetOf(tagged((tags) => tags.join(' ')));
  assert.ok(dataset.plan.kind === 'text-answer' && dataset.plan.node.kind === 'word-tags');
  assert.deepEqual(dataset.plan.node.kinds.map(({ tag }) => tag).sort(), ['LOC', 'PER']);
  assertRendered(dataset);
});

test('tags may be a list in a record, each of them a kind by itself', () => {
  const kind = (tag: string): string => (tag === 'O' ? 'other' : tag.endsWith('PER') ? 'who' : 'where');
  const dataset = datasetOf(tagged((tags, i) => JSON.stringify({ id: `case${i}`, tags: tags.map(kind) })));
  assert.ok(dataset.plan.kind === 'text-answer' && dataset.plan.node.kind === 'object');
  const node = dataset.plan.node.fields[1]?.node;
  assert.ok(node?.kind === 'word-tags' && node.outside === 'other' && !node.begins);
});

test('lists that have another number of labels than words are no tags', () => {
  const dataset = datasetOf(tagged((tags) => tags.filter((tag) => tag !== 'O').join(' ') || 'none'));
  assert.notEqual(
    dataset.plan.kind === 'text-answer' ? dataset.plan.node.kind : dataset.plan.kind,
    'word-tags',
  );
});
