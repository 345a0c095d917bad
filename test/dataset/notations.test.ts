import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../src/base/json.ts';
import { buildDataset } from '../../src/dataset/build.ts';
import { readPython, writePython } from '../../src/dataset/notations/python.ts';
import { readTable, writeTable } from '../../src/dataset/notations/table.ts';
import { readXml, writeXml } from '../../src/dataset/notations/xml.ts';
import { readYaml, writeYaml, type YamlHabit, yamlHabits } from '../../src/dataset/notations/yaml.ts';
import { renderAnswer } from '../../src/dataset/render.ts';
import { type Made, makeCalls, makeTask, said } from './support.ts';

const goods = 'apples bread milk eggs rice butter cheese coffee tea onions'.split(' ');

interface Item {
  readonly name: string;
  readonly quantity: number;
}

/** Shopping notes and what a teacher makes of them. */
function notes(write: (shop: string, items: readonly Item[]) => string): Made[] {
  return Array.from({ length: 240 }, (_, i): Made => {
    const items = Array.from({ length: 1 + (i % 4) }, (_, k) => ({
      name: goods[(i * 3 + k * 7) % 10]!,
      quantity: 2 + ((i + k * 5) % 11),
    }));
    const shop = `Shop${(i * 7919) % 977}`;
    const list = items.map(({ name, quantity }) => `${quantity} ${name}`).join(', ');
    return { input: `At ${shop}: ${list}`, answer: said(write(shop, items)) };
  });
}

const python = (shop: string, items: readonly Item[]): string =>
  `{'shop': '${shop}', 'items': [${items.map((it) => `{'name': '${it.name}', 'n': ${it.quantity}}`).join(', ')}], 'paid': False, 'note': None}`;
const yaml = (shop: string, items: readonly Item[]): string =>
  `shop: ${shop}\nitems:\n${items.map((it) => `  - name: ${it.name}\n    quantity: ${it.quantity}`).join('\n')}`;
const xml = (shop: string, items: readonly Item[]): string =>
  `<note>\n  <shop>${shop}</shop>\n${items.map((it) => `  <item>\n    <name>${it.name}</name>\n    <n>${it.quantity}</n>\n  </item>`).join('\n')}\n</note>`;
const markdown = (_: string, items: readonly Item[]): string =>
  ['| item | n |', '| --- | --- |', ...items.map((it) => `| ${it.name} | ${it.quantity} |`)].join('\n');

const written: Readonly<Record<string, typeof yaml>> = {
  "Python's notation": python,
  YAML: yaml,
  'YAML in a code fence': (shop, items) => `Here it is:\n\n\`\`\`yaml\n${yaml(shop, items)}\n\`\`\``,
  XML: xml,
  'a table in Markdown': markdown,
  CSV: (_, items) => `item,n\n${items.map((it) => `${it.name},${it.quantity}`).join('\n')}\n`,
  'JSON line by line': (_, items) =>
    items.map((it) => `{"item": "${it.name}", "n": ${it.quantity}}`).join('\n'),
  'lines of two cells': (_, items) => items.map((it) => `- ${it.name}: ${it.quantity}`).join('\n'),
};

for (const [name, write] of Object.entries(written))
  test(`answers in ${name} are planned and come back byte for byte`, () => {
    const made = notes(write);
    const { plan, examples } = buildDataset({
      task: makeTask(),
      calls: makeCalls(made),
      capabilities: null,
      seed: 1,
    });
    assert.equal(plan.kind, 'text-answer');
    for (const { targets, input, answer } of examples) {
      assert.ok(targets !== null, answer.text ?? '');
      assert.deepEqual(renderAnswer(plan, { targets, input }), answer);
    }
  });

test('a free field of another notation is declined by its name', () => {
  const made = Array.from({ length: 120 }, (_, i): Made => {
    const free = `${(i * 7919) % 10007} ways of ${(i * 31) % 977} and ${(i * 17) % 871} more of ${(i * 13) % 599}`;
    return { input: `case ${i}`, answer: said(`{'id': ${i}, 'summary': '${free}', 'open': True}`) };
  });
  const { plan } = buildDataset({ task: makeTask(), calls: makeCalls(made), capabilities: null, seed: 1 });
  assert.ok(plan.kind === 'unplannable' && plan.reason.includes('summary'), JSON.stringify(plan));
});

test('Python literals are read and printed as repr prints them', () => {
  const text = `{'a': "it's", 'b': [1, 2.5, -3], 'c': {'d': None}, 'e': True, 'f': 'x\\ny', 'g': []}`;
  const value = readPython(text);
  assert.deepEqual(value, { a: "it's", b: [1, 2.5, -3], c: { d: null }, e: true, f: 'x\ny', g: [] });
  assert.equal(writePython(value!), text);
  for (const broken of ["{'a': 1", "{'a' 1}", "{'a': set()}", "['a' 'b']", "{'a': 1} x"])
    assert.equal(readPython(broken), undefined, broken);
});

test('YAML is read and written in every habit', () => {
  const values: readonly Json[] = [
    { a: 'plain', b: 'has: colon', c: '12', d: 12, e: true, f: null, g: '', h: 'true' },
    { list: ['x', 'y: z', 3], empty: [], deep: { one: { two: 'three' } }, last: 'é' },
    [
      { a: 1, b: [{ c: 'd' }] },
      { a: 2, b: [] },
    ],
  ];
  for (const habit of yamlHabits)
    for (const value of values) {
      const text = writeYaml(value, habit);
      // A list below its key on the key's own column is told from the next key by its dash alone.
      assert.deepEqual(readYaml(text), value, `${JSON.stringify(habit)}\n${text}`);
    }
  for (const broken of ['a: 1\n b: 2', 'a: b: c', 'a: 1\na: 2', '', '# note', 'just words'])
    assert.ok(readYaml(broken) === undefined, broken);
});

test('a quoted text keeps its quotes where it needs them', () => {
  const habit: YamlHabit = yamlHabits[0]!;
  assert.equal(writeYaml({ a: 'x: "y"' }, habit), 'a: "x: \\"y\\""');
  assert.deepEqual(readYaml('a: "x: \\"y\\""'), { a: 'x: "y"' });
});

test('cells of a table may hold their separator in quotes', () => {
  const habit = { head: ['name,n'], row: ['', ',', ''], keys: ['name', 'n'] } as const;
  const text = 'name,n\n"Ray, Ann",3\n"say ""hi""",4\nplain,5';
  const value = readTable(text, habit);
  assert.deepEqual(value, [
    { name: 'Ray, Ann', n: '3' },
    { name: 'say "hi"', n: '4' },
    { name: 'plain', n: '5' },
  ]);
  assert.equal(writeTable(value!, habit), text);
  assert.equal(readTable('name,n\na,b,c', habit), undefined);
  assert.equal(readTable('other,n\na,b', habit), undefined);
});

test('elements that may come several times are lists, also where there is one or none', () => {
  const habit = { lists: ['o/i'], step: null, closesEmpty: true } as const;
  for (const [text, items] of [
    ['<o><w>a &amp; b</w><i>x</i></o>', ['x']],
    ['<o><w>a &amp; b</w><i>x</i><i>y</i></o>', ['x', 'y']],
  ] as const) {
    const value = readXml(text, habit.lists);
    assert.deepEqual(value, { o: { w: 'a & b', i: items } });
  }
  assert.equal(writeXml({ o: { w: '<', i: ['x', ''] } }, habit), '<o><w>&lt;</w><i>x</i><i/></o>');
  for (const broken of ['<a>x', '<a>x<b>y</b></a>', '<a x="1">y</a>', 'text', '<a></b>'])
    assert.equal(readXml(broken, []), undefined, broken);
});
