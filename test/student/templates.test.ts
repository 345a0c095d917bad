import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placedTokens } from '../../src/student/tagger/features.ts';
import { said, TemplateIndex, templateOf, wordsOf } from '../../src/student/tagger/templates.ts';

const group = {
  leader: null,
  slots: [
    { slot: 'template', kind: 0, occurrence: 0 },
    { slot: 'params', kind: 1, occurrence: 0 },
  ],
  regions: [{ region: 0, inner: 1, empty: 2 }],
  single: [],
  earlier: [],
};

/** Tokens and tags of "<header> opened session <1-2 tokens> for <user>". */
function line(header: string, session: string, user: string) {
  const text = `${header} opened session ${session} for ${user}`;
  const tokens = placedTokens({ slots: { text }, context: {} }, ['text'], true);
  const variable = [
    [text.indexOf(session), text.indexOf(session) + session.length],
    [text.length - user.length, text.length],
  ] as const;
  const from = text.indexOf('opened');
  const tags = tokens.map(({ start }) => {
    const inside = variable.find(([a, b]) => start >= a && start < b);
    if (inside !== undefined) return start === inside[0] ? 3 : 4;
    return start < from ? 0 : start === from ? 1 : 2;
  });
  return { tokens, tags };
}

test('a masked text seen before says where the variable parts of a new one are', () => {
  const index = new TemplateIndex();
  const seen = line('host-1', '17', 'anna');
  index.add(9, templateOf(group, seen.tokens, seen.tags)!, 1);
  const later = line('other host', 'a-7/3', 'bo b');
  assert.deepEqual(index.match(9, later.tokens), wordsOf(group, later.tokens, later.tags));
  const strange = placedTokens({ slots: { text: 'host closed session 4' }, context: {} }, ['text'], true);
  assert.equal(index.match(9, strange), null);
  assert.equal(index.match(8, later.tokens), null);
});

test('a text that alone spelled a template does not know it of itself', () => {
  const index = new TemplateIndex();
  const one = line('host', '17', 'anna');
  index.add(9, templateOf(group, one.tokens, one.tags)!, 1);
  assert.equal(index.match(9, one.tokens, 1), null);
  assert.notEqual(index.match(9, one.tokens, 2), null);
  const other = line('host', '18', 'bert');
  index.add(9, templateOf(group, other.tokens, other.tags)!, 2);
  assert.notEqual(index.match(9, one.tokens, 1), null);
});

test('the reading with the most words in common wins', () => {
  const index = new TemplateIndex();
  const narrow = line('h', '1', 'a');
  index.add(9, templateOf(group, narrow.tokens, narrow.tags)!, 1);
  const wide = narrow.tags.map((tag) => (tag === 0 ? 0 : tag));
  const loose = narrow.tokens.map((_, i) => (i < 2 ? 0 : i === 2 ? 3 : 4));
  index.add(9, templateOf(group, narrow.tokens, [1, ...loose.slice(1)])!, 2);
  assert.deepEqual(index.match(9, narrow.tokens), wordsOf(group, narrow.tokens, wide));
});

test('templates survive being written and read', () => {
  const index = new TemplateIndex();
  const seen = line('host-1', '17', 'anna');
  index.add(9, templateOf(group, seen.tokens, seen.tags)!, 1);
  const again = TemplateIndex.unpack(index.pack());
  const later = line('h', '2 2', 'c');
  assert.deepEqual(again.match(9, later.tokens), index.match(9, later.tokens));
  assert.ok(again.match(9, later.tokens)?.includes(said.inside));
});
