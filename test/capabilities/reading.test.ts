import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { enumerations } from '../../src/capabilities/enumeration.ts';
import { jsonExamples } from '../../src/capabilities/example.ts';
import { splitItem, unquote } from '../../src/capabilities/item.ts';
import { foldLabel, jsonText, readAnswer, readOptions } from '../../src/capabilities/reading.ts';
import { countText, moneyText, percentText, plural } from '../../src/capabilities/words.ts';
import { profileFields } from '../../src/tasks/jsonFields.ts';

function idsOf(
  text: string | null,
  toolCalls: readonly { name: string; arguments: string }[] = [],
  dictionaries: readonly string[] = [],
): string[] {
  const ids: string[] = [];
  readAnswer({ text, toolCalls }, { separator: null, firstLine: false, dictionaries }, (id) => ids.push(id));
  return ids;
}

test('names everything a JSON answer uses, in a code fence or not', () => {
  const ids = [
    'field:a',
    'enum:a=x',
    'field:list',
    'array-length:list=2-3',
    'enum:list=1',
    'enum:list=2',
    'field:o',
    'field:o.b',
    'enum:o.b=true',
  ];
  const json = '{"a":"x","list":[1,2],"o":{"b":true}}';
  assert.deepEqual(idsOf(json), ids);
  assert.deepEqual(idsOf(`\`\`\`json\n${json}\n\`\`\``), ids);
});

test('names tools with their arguments, also where these are no JSON', () => {
  assert.deepEqual(idsOf(null, [{ name: 't', arguments: '{"x":null}' }]), [
    'tool:t',
    'argument:t.x',
    'enum:t.x=null',
  ]);
  assert.deepEqual(idsOf(null, [{ name: 't', arguments: '{"x":' }]), ['tool:t']);
});

test('names no key of a dictionary, in a field, in a list, in a tool or as the whole answer', () => {
  assert.deepEqual(idsOf('{"scores":{"Ann":3},"note":"x"}', [], ['scores']), [
    'field:scores',
    'field:note',
    'enum:note=x',
  ]);
  assert.deepEqual(idsOf('{"rounds":[{"Ann":3}]}', [], ['rounds[]']), [
    'field:rounds',
    'array-length:rounds=1',
  ]);
  assert.deepEqual(idsOf(null, [{ name: 't', arguments: '{"by":{"Ann":3}}' }], ['t.by']), [
    'tool:t',
    'argument:t.by',
  ]);
  const fields = profileFields(
    Array.from({ length: 100 }, (_, i) => ({ value: { [`player${i}`]: i }, input: '' })),
    null,
  );
  const { dictionaries } = readOptions({ output: { kind: 'json', fields, schema: null } });
  assert.deepEqual(idsOf('{"Ann":3,"Bob":4}', [], dictionaries), []);
});

test('splits several labels, and a label from the text behind it', () => {
  const ids: string[] = [];
  const plain = { separator: null, firstLine: false, dictionaries: [] };
  readAnswer({ text: 'a, b', toolCalls: [] }, { ...plain, separator: ',' }, (id) => ids.push(id));
  readAnswer({ text: 'c\nbecause of d', toolCalls: [] }, { ...plain, firstLine: true }, (id) => ids.push(id));
  assert.deepEqual(ids, ['label:a', 'label:b', 'label:c']);
});

test('a label is the same in another case, in quotes, with a stop', () => {
  for (const text of ['Ham', 'ham.', '"ham"', ' HAM ', '**ham**']) assert.equal(foldLabel(text), 'ham');
  assert.notEqual(foldLabel('a.b'), foldLabel('ab'));
  assert.equal(jsonText('not json'), null);
  assert.equal(jsonText('42'), null);
});

test('an entry is a value with what is said about it, or nothing', () => {
  assert.deepEqual(splitItem('`a`: b'), { value: 'a', description: 'b' });
  assert.deepEqual(splitItem('NUM:count'), { value: 'NUM:count', description: '' });
  assert.deepEqual(splitItem('well-known - a thing'), { value: 'well-known', description: 'a thing' });
  assert.equal(splitItem('Never explain your answer to anybody who asks.'), null);
  assert.equal(splitItem('`domain` is the heading it is listed under.'), null);
  assert.equal(unquote('"**x**"'), 'x');
});

test('any text at all can be read', () => {
  const ascii = fc.string({ maxLength: 400 });
  const syntax = fc.array(
    fc.constantFrom(
      '- ',
      '"',
      "'",
      '|',
      '{',
      '}',
      '<a>',
      '</a>',
      ':',
      ',',
      '\n',
      '\n\n',
      'or ',
      'one of ',
      '# ',
      '1. ',
      '**',
      'label',
      ' ',
      '\uFFFC',
      '(',
      ')',
      '=',
      '\t',
      'ß',
      '\u0000',
    ),
    { maxLength: 80 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        ascii,
        syntax.map((parts) => parts.join('')),
      ),
      (text) => {
        for (const list of enumerations(text)) {
          assert.ok(list.values.length >= 1);
          for (const item of list.values) assert.ok(item.value !== '' && !item.value.includes('\n'));
        }
        jsonExamples(text);
        idsOf(text, [{ name: 'x', arguments: text }]);
      },
    ),
    { numRuns: 1500, seed: 5 },
  );
});

test('figures read as a person writes them', () => {
  assert.equal(countText(15_412), '15,412');
  assert.equal(percentText(0.000194), '0.019 %');
  assert.equal(percentText(0.5), '50 %');
  assert.equal(percentText(0), '0 %');
  assert.equal(moneyText(0.00094), '$0.00094');
  assert.equal(moneyText(5), '$5');
  assert.equal(moneyText(12.5), '$12.50');
  assert.equal(moneyText(1234.5), '$1,235');
  assert.equal(plural(1, 'opportunity'), '1 opportunity');
  assert.equal(plural(2, 'capability'), '2 capabilities');
  assert.equal(plural(3, 'day'), '3 days');
});
