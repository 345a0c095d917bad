import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { buildDataset } from '../../src/dataset/build.ts';
import { deepDataOf } from '../../src/student/mixture.ts';
import { trainStudent } from '../../src/student/train.ts';
import { called, type Made, makeCalls, makeTask } from '../dataset/support.ts';
import { dataOf, inFolder, optionsIn, specOf } from './support.ts';

const syllables = ['ba', 'ri', 'to', 'mel', 'san', 'du', 'ka', 'ver', 'lin', 'os', 'pra', 'ge'];
const phrasings: readonly ((...cities: string[]) => string)[][] = [
  [(a) => `what is the weather in ${a}`, (a) => `will it rain in ${a} tomorrow`],
  [(a, b) => `what is the weather in ${a} and ${b}`, (a, b) => `is it colder in ${a} or in ${b} today`],
  [(a, b, c) => `weather for ${a}, ${b} and ${c}`, (a, b, c) => `is it raining in ${a}, in ${b} or in ${c}`],
];

/** Requests for the weather in one to three made-up cities: one call for each. */
function requests(n: number): Made[] {
  const random = createRandom(3);
  const city = (): string => {
    const name = Array.from({ length: 2 + random.int(2) }, () => syllables[random.int(12)]!).join('');
    return name[0]!.toUpperCase() + name.slice(1);
  };
  return Array.from({ length: n }, (_, i): Made => {
    const cities = Array.from({ length: 1 + (i % 3) }, city);
    const input = phrasings[i % 3]![random.int(2)]!(...cities);
    return {
      input,
      answer: called(...cities.map((c): [string, string] => ['weather', JSON.stringify({ city: c })])),
    };
  });
}

test('each of several calls of one tool takes its own part of the request', () =>
  inFolder(async (folder) => {
    const { scored } = await trainStudent(dataOf(requests(420)), specOf(), optionsIn(folder));
    const right = scored.test.filter((row) => row.agree).length;
    assert.ok(right >= 0.9 * scored.test.length, `${right} of ${scored.test.length}`);
  }));

test('the networks learn what all calls of an answer took', () => {
  const data = dataOf(requests(60));
  const { train } = deepDataOf(data.plan, data.inputSlots, data.examples, []);
  const three = train[2]!;
  assert.equal(three.tags[0]!.filter((tag) => tag > 0).length, 3);
});

const verbs = { on: ['turn on', 'light up'], off: ['turn off', 'kill'], dim: ['dim', 'soften'] } as const;
const rooms = ['kitchen', 'bedroom', 'office', 'hallway', 'garage', 'attic', 'cellar', 'garden'];

/** Requests for one or two lamps, each with its own verb. */
function lamps(n: number): Made[] {
  const random = createRandom(5);
  const pick = <T>(items: readonly T[]): T => items[random.int(items.length)]!;
  return Array.from({ length: n }, (_, i): Made => {
    const first = pick(rooms);
    const chosen = i % 2 === 0 ? [first] : [first, pick(rooms.filter((room) => room !== first))];
    const calls = chosen.map((room) => ({ room, state: pick(['on', 'off', 'dim'] as const) }));
    return {
      input: calls.map(({ room, state }) => `${pick(verbs[state])} the ${room} lamp`).join(' and '),
      answer: called(...calls.map((call): [string, string] => ['lamp', JSON.stringify(call)])),
    };
  });
}

test('what is chosen in each of several calls is read around its own words', () =>
  inFolder(async (folder) => {
    const data = dataOf(lamps(500));
    const { scored } = await trainStudent(data, specOf(), optionsIn(folder));
    const right = scored.test.filter((row) => row.agree).length;
    assert.ok(right >= 0.95 * scored.test.length, `${right} of ${scored.test.length}`);
    // A network sees each lamp once, without what is to be done with it.
    const { train, tags } = deepDataOf(data.plan, data.inputSlots, data.examples, []);
    assert.ok(train.every((row) => row.tags[0]!.filter((tag) => tag > 0).length <= 2));
    assert.equal(tags[0]!.tags, 1 + 2 * 5);
  }));

/** Errands in one sentence: two or three calls of three tools, in an order that few requests share. */
function errands(n: number): Made[] {
  const random = createRandom(9);
  const pick = <T>(items: readonly T[]): T => items[random.int(items.length)]!;
  const kinds: readonly (() => { said: string; call: [string, string] })[] = [
    () => {
      const room = pick(rooms);
      return { said: `light up the ${room}`, call: ['lamp', JSON.stringify({ room })] };
    },
    () => {
      const who = pick(['anna', 'bert', 'cleo', 'dora', 'emil', 'fred']);
      return { said: `ring ${who}`, call: ['phone', JSON.stringify({ who })] };
    },
    () => {
      const item = pick(['milk', 'bread', 'rice', 'tea', 'salt', 'soap']);
      return { said: `buy some ${item}`, call: ['order', JSON.stringify({ item })] };
    },
  ];
  return Array.from({ length: n }, (): Made => {
    const parts = Array.from({ length: 2 + random.int(2) }, () => pick(kinds)());
    return {
      input: parts.map(({ said }) => said).join(' and '),
      answer: called(...parts.map(({ call }) => call)),
    };
  });
}

test('which tools are called is read off the request where answers call several', () =>
  inFolder(async (folder) => {
    const { scored } = await trainStudent(dataOf(errands(500)), specOf(), optionsIn(folder));
    const right = scored.test.filter((row) => row.agree).length;
    assert.ok(right >= 0.95 * scored.test.length, `${right} of ${scored.test.length}`);
  }));

test('a choice of a closed set that is copied is read as a copy where calls come several at a time', () => {
  const schema = { type: 'object', properties: { room: { type: 'string', enum: rooms } } };
  const tools = [{ name: 'lamp', description: '', parameters: schema, hosted: false }];
  const task = makeTask({ toolset: { kind: 'fixed', hash: '', tools } });
  const { plan } = buildDataset({ task, calls: makeCalls(lamps(200)), capabilities: null, seed: 1 });
  assert.ok(plan.kind === 'tool-answer');
  assert.match(
    JSON.stringify(plan.tools[0]!.arguments),
    /"key":"room","presence":null,"node":\{"kind":"span"/,
  );
});
