import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isObject, type Json, parseJson } from '../../src/base/json.ts';
import { buildDataset } from '../../src/dataset/build.ts';
import { jsonStyle } from '../../src/dataset/habit.ts';
import { renderAnswer } from '../../src/dataset/render.ts';
import { plainStyle, writeJson } from '../../src/dataset/style.ts';
import { called, type Made, makeCalls, makeTask, request, said } from './support.ts';

/** Builds a dataset and checks that each planned example renders to the teacher's bytes; returns how many are planned. */
function check(made: readonly Made[]): number {
  const data = buildDataset({ task: makeTask(), calls: makeCalls(made), capabilities: null, seed: 1 });
  let planned = 0;
  for (const example of data.examples) {
    if (example.targets === null) continue;
    planned++;
    const { targets, input } = example;
    assert.deepEqual(renderAnswer(data.plan, { targets, input }), example.answer);
  }
  return planned;
}

const styles: readonly ((value: Json) => string)[] = [
  (value) => JSON.stringify(value),
  (value) => JSON.stringify(value, null, 2),
  (value) => `\`\`\`json\n${JSON.stringify(value, null, 4)}\n\`\`\``,
  (value) =>
    `Here it is: ${writeJson(value, { ...plainStyle, format: 'json', itemSeparator: ', ', keySeparator: ': ' })}\n`,
  (value) => writeJson(value, { ...plainStyle, format: 'json', asciiOnly: true }),
];

test('every planned JSON answer renders byte for byte in each writing habit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), fc.constantFrom(...styles), (seed, write) => {
      const made = Array.from({ length: 60 }, (_, i): Made => {
        const { text, topic } = request(i + seed);
        const person = `Zoë ${'abcdefghij'[i % 10]!.toUpperCase()}${i}`;
        const value: Json = {
          topic,
          deep: {
            flag: (i + seed) % 2 === 0,
            list: ['x', 'y', 'z'].filter((_c, k) => ((i + seed) >> k) % 2 === 0),
          },
          ...(i % 3 === 0 ? {} : { person }),
          none: null,
        };
        return { input: `${text} with ${person}`, answer: said(write(value)) };
      });
      assert.ok(check(made) >= 55);
    }),
    { numRuns: 25 },
  );
});

test('every planned tool call renders byte for byte, arguments in the order of the input', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      const made = Array.from({ length: 60 }, (_, i): Made => {
        const [from, to] = [`Aa${(i * 7 + seed) % 997}`, `Bb${(i * 13 + seed) % 991}`];
        const turned = (i + seed) % 2 === 0;
        const input = turned ? `move it from ${from} to ${to}` : `move it to ${to} from ${from}`;
        const args = turned ? { from, to } : { to, from };
        return { input, answer: called(['move', JSON.stringify(args)]) };
      });
      assert.equal(check(made), 60);
    }),
    { numRuns: 20 },
  );
});

test('values joined from several places render as the teacher joins them', () => {
  const made = Array.from({ length: 60 }, (_, i): Made => {
    const [a, b] = [`red${i}`, `blue${i}`];
    const both = i % 4 === 0;
    return {
      input: both ? `paint ${a} then also ${b}` : `paint ${a}`,
      answer: called(['paint', JSON.stringify({ colour: both ? `${a}; ${b}` : a })]),
    };
  });
  assert.equal(check(made), 60);
});

test('an answer outside the plan has no targets and says why', () => {
  const made = Array.from(
    { length: 60 },
    (_, i): Made => ({
      input: `ring Al${i}`,
      answer: called(['ring', JSON.stringify({ who: i === 30 ? 'somebody else' : `Al${i}` })]),
    }),
  );
  const data = buildDataset({ task: makeTask(), calls: makeCalls(made), capabilities: null, seed: 1 });
  const outside = data.examples.filter((example) => example.targets === null);
  assert.equal(outside.length, 1);
  assert.match(outside[0]?.unplanned ?? '', /not copied from the input/);
});

test('the habit of JSON texts is found again by writing', () => {
  const values = fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), { minKeys: 1 });
  fc.assert(
    fc.property(values, fc.constantFrom(...styles), (value, write) => {
      const clean = parseJson(JSON.stringify(value));
      assert.ok(isObject(clean));
      const text = write(clean);
      const style = jsonStyle([{ text, scope: '' }]);
      assert.ok(style !== null);
      assert.equal(style.prefix + writeJson(clean, style) + style.suffix, text);
    }),
    { numRuns: 200 },
  );
});

test('masked lines render with parameters that are empty or hold white space', () => {
  const made = Array.from({ length: 60 }, (_, i): Made => {
    const host = i % 3 === 0 ? '' : `h${i}`;
    const size = i % 2 === 0 ? ' ' : ` (${i} KB) `;
    return {
      input: `${1000 + i} ftpd: open from 10.0.0.${i} (${host}) sent ${i} bytes${size}sent`,
      answer: called([
        'log',
        JSON.stringify({
          line: 'open from <*> (<*>) sent <*> bytes<*>sent',
          params: [`10.0.0.${i}`, host, String(i), size],
        }),
      ]),
    };
  });
  assert.equal(check(made), 60);
});
