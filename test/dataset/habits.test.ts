import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildDataset } from '../../src/dataset/build.ts';
import type { Dataset } from '../../src/dataset/example.ts';
import { fillPlan, renderAnswer } from '../../src/dataset/render.ts';
import { called, type Made, makeCalls, makeTask, request, said } from './support.ts';

/** Teachers of many habits: what they answer is inferred, aligned and rendered, and must be their bytes again. */

const n = 160;
const pick = <T>(items: readonly T[], i: number): T => items[i % items.length]!;
const people = ['Ann', 'Bo', 'Cleo', 'Dov', 'Edda', 'Finn', 'Gus', 'Hana', 'Ivo', 'Jun', 'Kim'];
const cities = ['Oslo', 'Rome', 'New York', 'São Paulo', 'Lund', 'Bonn', 'Kyoto'];
const moods = ['glad', 'sad', 'calm'];
const one = (i: number): string => `${pick(people, i * 7 + 3)} ${pick(['Ray', 'Sol', 'Tam', 'Urs'], i * 5)}`;
const two = (i: number): string => `${pick(people, i * 3 + 5)} ${pick(['Vik', 'Wes', 'Xia'], i * 11)}`;

/** Calls answered with tools, or with a text where there are none. */
function calls(of: (i: number) => { input: string; calls: [string, unknown][]; text?: string }): Made[] {
  return Array.from({ length: n }, (_, i) => {
    const { input, calls: made, text } = of(i);
    const answer = called(...made.map(([name, args]): [string, string] => [name, spaced(args)]));
    return { input, answer: { ...answer, text: text ?? null } };
  });
}

function make(of: (i: number) => { input: Made['input']; text: string }): Made[] {
  return Array.from({ length: n }, (_, i) => {
    const { input, text } = of(i);
    return { input, answer: said(text) };
  });
}

function dataOf(made: readonly Made[], slots?: readonly string[]): Dataset {
  const task = makeTask(slots === undefined ? {} : { slots });
  return buildDataset({ task, calls: makeCalls(made), capabilities: null, seed: 1 });
}

/** The share of answers that come back byte for byte; every planned one must. */
function repeated(data: Dataset): number {
  assert.notEqual(data.plan.kind, 'unplannable', JSON.stringify(data.plan));
  let same = 0;
  for (const { targets, unplanned, input, answer } of data.examples) {
    if (unplanned !== null || targets === null) continue;
    if (Object.values(targets).some((target) => target.kind === 'text')) continue;
    assert.deepEqual(renderAnswer(data.plan, { targets, input }), answer);
    same++;
  }
  return same / data.examples.length;
}

interface Case {
  readonly title: string;
  readonly made: readonly Made[];
  readonly slots?: readonly string[];
  /** A piece of the plan that must be there. */
  readonly has?: string;
}

const json = (value: unknown, indent?: number): string => JSON.stringify(value, null, indent);
/** As Python's json.dumps writes it. */
const spaced = (value: unknown): string =>
  json(value)
    .replace(/,(?=["\d[{tfn-])/gu, ', ')
    .replace(/":/gu, '": ');

const cases: readonly Case[] = [
  {
    title: 'arrays of labels, of which many hold one',
    made: make((i) => ({
      input: request(i).text,
      text: spaced(moods.filter((_, k) => k === i % 3 || (i % 4 === 0 && k === (i + 1) % 3))),
    })),
  },
  {
    title: 'floats that are whole, with their one decimal',
    made: make((i) => ({
      input: `costs ${i + 2} coins or ${i * 3 + 200}.5 stones`,
      text: `{"coins": ${i + 2}.0, "stones": ${i * 3 + 200}.5}`,
    })),
    has: '"decimals":{"coins":1',
  },
  {
    title: 'amounts with two decimals always',
    made: make((i) => ({
      input: `pay $1,${100 + i}.50 now`,
      text: `{"amount": 1${100 + i}.50, "currency": "USD"}`,
    })),
  },
  {
    title: 'tabs, short arrays on one line',
    made: make((i) => ({
      input: `${one(i)} of ${pick(cities, i)}`,
      text: `{\n\t"who": "${one(i)}",\n\t"tags": ["${pick(moods, i)}", "x"]\n}`,
    })),
  },
  {
    title: 'spaces inside the braces',
    made: make((i) => ({ input: `to ${one(i)}`, text: `{ "to": "${one(i)}", "ok": ${i % 2 === 0} }` })),
  },
  {
    title: 'non-ASCII letters escaped',
    made: make((i) => ({
      input: `fly to ${pick(cities, i)} with ${one(i)}`,
      text: spaced({ city: pick(cities, i), who: one(i) }).replace('ã', '\\u00e3'),
    })),
  },
  {
    title: 'a fence without a language and a last line break',
    made: make((i) => ({
      input: request(i).text,
      text: `\`\`\`\n${json({ area: request(i).topic }, 2)}\n\`\`\`\n`,
    })),
  },
  {
    title: 'tags around few values, whose combinations come again',
    made: make((i) => ({
      input: `${pick(cities, i)}: ${request(i).text}`,
      text: `<t>\n  <city>${pick(cities, i)}</city>\n  <about>${request(i).topic}</about>\n</t>`,
    })),
    has: '"template"',
  },
  {
    title: 'a first line of few values, then what is read off the input',
    made: make((i) => ({
      input: `${request(i).text}. Yours, ${pick(cities, i)}`,
      text: `about: ${request(i).topic}\nfrom: ${pick(cities, i)}\ntags:${i % 2 === 0 ? ' none' : '\n  a and b'}`,
    })),
    has: '"template"',
  },
  {
    title: 'lists of texts in YAML, some of them empty',
    made: make((i) => ({
      input: `${request(i).text}. Yours, ${pick(cities, i)}`,
      text: `about: ${request(i).topic}\nfrom: ${pick(cities, i)}\ntags:${i % 2 === 0 ? ' []' : '\n  - a\n  - b'}`,
    })),
    has: '"yaml"',
  },
  {
    title: 'keys in the order of the text',
    made: make((i) => ({
      input: i % 2 === 0 ? `from ${one(i)} to ${two(i)}` : `to ${two(i)} from ${one(i)}`,
      text: json(i % 2 === 0 ? { from: one(i), to: two(i) } : { to: two(i), from: one(i) }),
    })),
  },
  {
    title: 'lists of objects with kinds',
    made: make((i) => ({
      input: pick(
        [
          `${one(i)} met ${two(i)} in ${pick(cities, i)}.`,
          'Nothing new.',
          `${one(i)} left ${pick(cities, i)}.`,
        ],
        i,
      ),
      text: spaced({
        found: pick(
          [
            [
              { text: one(i), type: 'PER' },
              { text: two(i), type: 'PER' },
              { text: pick(cities, i), type: 'LOC' },
            ],
            [],
            [
              { text: one(i), type: 'PER' },
              { text: pick(cities, i), type: 'LOC' },
            ],
          ],
          i,
        ),
      }),
    })),
    has: 'record-list',
  },
  {
    title: 'lists of objects with several copied fields, one of them at times null',
    made: make((i) => {
      const items = Array.from({ length: 1 + (i % 3) }, (_, k) => ({
        name: pick(['Paper', 'Toner', 'Lamp', 'Chair'], i + k),
        count: 2 + ((i * 3 + k * 5) % 7),
        price: (i + k) % 4 === 0 ? null : 11 + ((i * 7 + k) % 80),
      }));
      return {
        input: items
          .map((x) => `${x.count} x ${x.name}${x.price === null ? '' : ` at $${x.price}`}`)
          .join('\n'),
        text: json({ items, lines: items.length }),
      };
    }),
    has: '"kind":"count"',
  },
  {
    title: 'sums and products over a list',
    made: make((i) => {
      const items = Array.from({ length: 2 + (i % 2) }, (_, k) => ({
        name: pick(['Paper', 'Toner', 'Lamp', 'Chair'], i + k),
        count: 2 + ((i * 3 + k * 5) % 7),
        price: 11 + ((i * 7 + k * 13) % 80),
      }));
      const total = items.reduce((sum, x) => sum + x.count * x.price, 0);
      return {
        input: items.map((x) => `${x.count} x ${x.name} at $${x.price}`).join('\n'),
        text: json({ items, total }),
      };
    }),
    has: '"kind":"sum"',
  },
  {
    title: 'booleans that follow from other fields',
    made: make((i) => ({
      input: `${i % 2 === 0 ? 'late' : 'timely'} and ${i % 3 === 0 ? 'broken' : 'whole'} ${request(i).text}`,
      text: json({ late: i % 2 === 0, broken: i % 3 === 0, call: i % 2 === 0 || i % 3 === 0 }),
    })),
    has: '"kind":"any"',
  },
  {
    title: 'classes that follow from a copied number',
    made: make((i) => ({
      input: `a crowd of ${(i * 37) % 500}`,
      text: json({ size: (i * 37) % 500, class: (i * 37) % 500 >= 300 ? 'big' : 'small' }),
    })),
    has: '"kind":"steps"',
  },
  {
    title: 'classes that follow from a copied number, or from that there is none',
    made: make((i) => {
      const heat = i % 3 === 0 ? null : 350 + ((i * 37) % 60);
      return {
        input: heat === null ? `nothing measured ${one(i)}` : `measured ${heat} on ${one(i)}`,
        text: json({ heat, hot: heat !== null && heat >= 380 }),
      };
    }),
    has: '"missing":false',
  },
  {
    title: 'lists of objects with a mark that few have, and fields on either side of what they belong to',
    made: make((i) => {
      const items = Array.from({ length: 1 + (i % 3) }, (_, k) => ({
        name: pick(['Paper', 'Toner', 'Lamp', 'Chair'], i + k),
        count: 2 + ((i * 3 + k * 5) % 7),
        ...((i + k) % 3 === 0 ? { color: pick(['red', 'blue', 'green'], i + 2 * k) } : {}),
        ...((i + k) % 5 === 0 ? { gift: true } : {}),
      }));
      const told = items.map(({ name, count, color, gift }, k) => {
        const thing = `${color === undefined ? '' : `${color} `}${name}`;
        return `${(i + k) % 2 === 0 ? `${count} ${thing}` : `${thing}, ${count} pieces`}${gift === true ? ' as a gift' : ''}`;
      });
      return { input: `${told.join(' and also ')}.`, text: json({ items }) };
    }),
    has: '"rule":"near"',
  },
  {
    title: 'counts of lines in the input',
    made: make((i) => ({
      input: `list\n${Array.from({ length: 1 + (i % 5) }, (_, k) => `- ${pick(people, i + k)}`).join('\n')}`,
      text: json({ people: 1 + (i % 5), first: pick(people, i) }),
    })),
    has: '"kind":"measure"',
  },
  {
    title: 'days relative to the day in the prompt',
    made: make((i) => ({
      input: {
        text: `book ${one(i)} ${pick(['tomorrow', 'next Friday', 'in 3 days', 'on November 3rd', 'in two weeks'], i)}`,
        date: 'Monday, October 26, 2026',
      },
      text: json({
        who: one(i),
        day: pick(['2026-10-27', '2026-10-30', '2026-10-29', '2026-11-03', '2026-11-09'], i),
      }),
    })),
    slots: ['text', 'date'],
  },
  {
    title: 'days with the day first, written in another form',
    made: make((i) => ({
      input: `due ${String(1 + (i % 28)).padStart(2, '0')}/0${1 + (i % 9)}/2026 for ${one(i)}`,
      text: json({ due: `2026-0${1 + (i % 9)}-${String(1 + (i % 28)).padStart(2, '0')}` }),
    })),
    has: 'date-day-first',
  },
  {
    title: 'day and time from two places in one value',
    made: make((i) => ({
      input: `meet ${one(i)} at ${1 + (i % 11)} pm on 2026-0${1 + (i % 9)}-1${i % 10}`,
      text: json({ at: `2026-0${1 + (i % 9)}-1${i % 10}T${13 + (i % 11)}:00` }),
    })),
    has: 'template',
  },
  {
    title: 'number words, durations and units',
    made: make((i) => ({
      input: `${pick(['two', 'twelve', 'twenty-one', 'seven', 'forty'], i)} bags of ${1 + (i % 60)} kilograms for ${1 + (i % 7)} hours`,
      text: json({
        bags: pick([2, 12, 21, 7, 40], i),
        weight: `${1 + (i % 60)} kg`,
        minutes: 60 * (1 + (i % 7)),
      }),
    })),
  },
  {
    title: 'plurals, case and spacing made alike',
    made: make((i) => ({
      input: `find ${pick(people, i).toLowerCase()}${i}s  and ${one(i).toUpperCase()}`,
      text: json({ thing: `${pick(people, i).toLowerCase()}${i}`, who: one(i) }),
    })),
  },
  {
    title: 'lists of numbers',
    made: make((i) => ({
      input: `dims ${i + 10} by ${i + 31} by ${(i * 7) % 90}`,
      text: json({ dims: [i + 10, i + 31, (i * 7) % 90] }),
    })),
  },
  {
    title: 'nested objects that may be null',
    made: make((i) => ({
      input: `${one(i)}${i % 3 === 0 ? '' : ` of ${pick(cities, i)} ${1000 + i * 7}`} writes`,
      text: json({
        who: one(i),
        address: i % 3 === 0 ? null : { city: pick(cities, i), code: String(1000 + i * 7), country: null },
      }),
    })),
    has: '"kind":"maybe"',
  },
  {
    title: 'lines of keys and values, some left out',
    made: make((i) => ({
      input: `${request(i).text} by ${one(i)} ${i % 2 === 0 ? 'urgent' : ''}`,
      text: `Topic: ${request(i).topic}\nAuthor: ${one(i)}${i % 2 === 0 ? '\nUrgent: yes' : ''}`,
    })),
    has: '"format":"pairs"',
  },
  {
    title: 'marked-up texts',
    made: make((i) => ({
      input: `${request(i).text} by ${one(i)}`,
      text: `<answer><topic>${request(i).topic}</topic><by>${one(i)}</by></answer>`,
    })),
    has: 'template',
  },
  {
    title: 'indented blocks of keys',
    made: make((i) => ({
      input: `${request(i).text} by ${one(i)} in ${pick(cities, i)}`,
      text: `ticket:\n  topic: ${request(i).topic}\n  by: ${one(i)}\n  place: ${pick(cities, i)}\n`,
    })),
  },
  {
    title: 'bullet lists of labels',
    made: make((i) => ({
      input: request(i).text,
      text: ['red', 'green', 'blue', 'black', 'white', 'brown', 'grey']
        .filter((_, k) => k === i % 7 || ((i * 37 + 11) >> k) % 2 === 0)
        .map((label) => `- ${label}`)
        .join('\n'),
    })),
    has: '"format":"list"',
  },
  {
    title: 'numbered lists of copied names',
    made: make((i) => ({
      input: `from ${one(i)} to ${two(i + 1)} and ${one(i + 2)}x`,
      text: `1. ${one(i)}\n2. ${two(i + 1)}\n3. ${one(i + 2)}x`,
    })),
  },
  {
    title: 'comma lists of copied names, none where there is none',
    made: make((i) => ({
      input: i % 5 === 0 ? `nobody came ${i}` : `from ${one(i)} to ${two(i + 1)}`,
      text: i % 5 === 0 ? 'None' : `${one(i)}, ${two(i + 1)}`,
    })),
  },
  {
    title: 'one copied value',
    made: make((i) => ({ input: `where is ${one(i)}${i} today`, text: `${one(i)}${i}` })),
    has: '"kind":"span"',
  },
  {
    title: 'a sentence around copied values',
    made: make((i) => ({
      input: `order ${4000 + i * 3} of ${one(i)} left ${pick(cities, i)}`,
      text: `The parcel ${4000 + i * 3} for ${one(i)} has left ${pick(cities, i)}.`,
    })),
    has: 'template',
  },
  {
    title: 'labels with a sentence of their own',
    made: make((i) => ({
      input: request(i).text,
      text: `${request(i).topic.toUpperCase()}\n\nThis is about ${request(i).topic} and goes to that desk.`,
    })),
  },
  {
    title: 'a copy of another field in another form',
    made: make((i) => ({
      input: `name it ${one(i)} ${i}`,
      text: json({ name: `${one(i)} ${i}`, slug: `${one(i)} ${i}`.toLowerCase().replaceAll(' ', '-') }),
    })),
    has: '"kind":"same"',
  },
  {
    title: 'a volume, and its sides on one line',
    made: make((i) => {
      const sides = [i + 10, i + 31, 2 + ((i * 7) % 90)];
      const volume = sides.reduce((product, side) => product * side, 1);
      return {
        input: `a box of ${sides.join(' x ')} cm`,
        text: `{\n  "sides": [${sides.join(', ')}],\n  "volume": ${volume}\n}`,
      };
    }),
    has: '"kind":"product"',
  },
  {
    title: 'lines of comma-separated copies',
    made: make((i) => ({
      input: `${one(i)} is ${20 + (i % 60)} and lives in ${pick(cities, i)}.`,
      text: `${one(i)},${20 + (i % 60)},${pick(cities, i)}`,
    })),
    has: '"kind":"span-list"',
  },
  {
    title: 'several tools with nested arguments, or a text of its own',
    made: calls((i) =>
      pick(
        [
          {
            input: `mail ${one(i)} ${i}`,
            calls: [['mail', { to: [{ name: one(i) }], flags: { urgent: false } }]],
          },
          {
            input: `urgent mail ${one(i)}`,
            calls: [['mail', { to: [{ name: one(i) }], flags: { urgent: true } }]],
          },
          { input: `what is ${i} in ${pick(cities, i)}`, calls: [], text: 'I can only send mail.' },
          {
            input: `set ${pick(cities, i)} to ${i}.5 and mail ${two(i)}`,
            calls: [
              ['set', { place: pick(cities, i), at: { degrees: i + 0.5 } }],
              ['mail', { to: [{ name: two(i) }], flags: { urgent: false } }],
            ],
          },
        ],
        i,
      ),
    ),
  },
  {
    title: 'one item with a list of its own',
    made: calls((i) => {
      const extras = ['ham', 'olives', 'onions'].filter((_, k) => (i >> k) % 2 === 0);
      return {
        input: `${1 + (i % 9)} pizzas with ${extras.join(' and ') || 'nothing'} for ${one(i)}`,
        calls: [['order', { items: [{ product: 'pizza', count: 1 + (i % 9), extras }], who: one(i) }]],
      };
    }),
    has: '"kind":"tuple"',
  },
  {
    title: 'a sentence beside the calls',
    made: calls((i) => ({
      input: `ring ${one(i)} in ${pick(cities, i)}`,
      calls: [['ring', { who: one(i) }]],
      text: `Ringing ${one(i)} now.`,
    })),
  },
];

for (const { title, made, slots, has } of cases)
  test(`answers come back byte for byte: ${title}`, () => {
    const data = dataOf(made, slots);
    const share = repeated(data);
    assert.ok(share >= 0.95, `${share} of the answers; ${data.notes.join(' ')}`);
    if (has !== undefined) assert.ok(JSON.stringify(data.plan).includes(has), JSON.stringify(data.plan));
  });

test('a prefill and a stop sequence belong to the answer and are not written', () => {
  const made = make((i) => ({
    input: `${one(i)} went to ${pick(cities, i)}`,
    text: `"who": "${one(i)}", "where": "${pick(cities, i)}"`,
  }));
  const calls = makeCalls(made).map((assigned) => ({
    ...assigned,
    call: {
      ...assigned.call,
      request: {
        ...assigned.call.request,
        messages: [{ role: 'assistant' as const, parts: [{ kind: 'text' as const, text: '{' }] }],
        sampling: { ...assigned.call.request.sampling, stop: ['}'] },
      },
    },
  }));
  const data = buildDataset({ task: makeTask(), calls, capabilities: null, seed: 1 });
  assert.equal(repeated(data), 1);
  assert.ok(data.plan.kind === 'text-answer');
  assert.deepEqual([data.plan.style.begun, data.plan.style.cut], ['{', '}']);
});

test('a label before free words is declined with the way out', () => {
  const words = 'soft loud early late green cold warm plain round quick'.split(' ');
  const free = (i: number): string =>
    Array.from({ length: 8 }, (_, k) => words[(i * 7 + k * (i % 9) + k * k) % words.length]).join(' ');
  const task = makeTask();
  for (const rest of [free, (i: number) => free(i % 6)]) {
    const made = make((i) => ({
      input: request(i).text,
      text: `${request(i).topic}\n\nIt is ${rest(i * 13)}.`,
    }));
    const { plan } = buildDataset({ task, calls: makeCalls(made), capabilities: null, seed: 1 });
    assert.ok(plan.kind === 'unplannable');
    assert.match(plan.reason, /The first line is a label that could be learned \(.*stop sequence/);
  }
});

test('a free field that is often left out costs its calls alone, in words', () => {
  const made = make((i) => ({
    input: request(i).text,
    text: json({ area: request(i).topic, ...(i % 4 === 0 ? { why: `since ${i * 7919} of ${i}` } : {}) }),
  }));
  const data = dataOf(made);
  assert.equal(repeated(data), 0.75);
  const example = data.examples.find(({ answer }) => answer.text?.includes('why') === true)!;
  assert.equal(example.unplanned, null);
  assert.deepEqual(fillPlan(data.plan, { targets: example.targets!, input: example.input }), {
    ok: false,
    error: 'why is free text',
  });
});

test('a task is declined where nearly every answer has one free field or another', () => {
  const made = make((i) => ({
    input: request(i).text,
    text: json({
      area: request(i).topic,
      ...(i % 2 === 0 ? { why: `since ${i * 7919} of ${i}` } : {}),
      ...(i % 2 === 1 && i % 8 !== 1 ? { how: `by ${i * 104729} times ${i}` } : {}),
    }),
  }));
  const { plan } = buildDataset({ task: makeTask(), calls: makeCalls(made), capabilities: null, seed: 1 });
  assert.ok(plan.kind === 'unplannable');
  assert.match(plan.reason, /^In 8\d % of the answers something is free \(why, how\)/);
});

test('answers of another kind are a class of their own, with the reason', () => {
  const made = make((i) => ({
    input: request(i).text,
    text: i % 5 === 0 ? `Well, ${request(i * 3).text}.` : json({ area: request(i).topic }),
  }));
  const { plan, examples } = dataOf(made.filter((_, i) => i % 10 !== 0));
  assert.ok(plan.kind === 'text-answer' && plan.route !== undefined);
  assert.deepEqual(plan.route.values, [null, 'the answer is not written as usual']);
  const routed = examples.filter(({ unplanned }) => unplanned !== null);
  assert.ok(routed.length > 10);
  assert.deepEqual(routed[0]!.targets, { [plan.route.name]: { kind: 'class', index: 1 } });
});

test('where the teacher has two habits, the value counts', () => {
  const made = make((i) => {
    const body = json({ area: request(i).topic, n: i % 7 }, i % 3 === 0 ? 2 : undefined);
    return { input: `${request(i).text} ${i % 7}`, text: i % 4 === 0 ? `\`\`\`json\n${body}\n\`\`\`` : body };
  });
  const { examples } = dataOf(made);
  assert.deepEqual(
    examples.filter(({ unplanned }) => unplanned !== null),
    [],
  );
});
