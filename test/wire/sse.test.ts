import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatSse, parseNdjson, parseSse } from '../../src/wire/sse.ts';

const eol = fc.constantFrom('\n', '\r\n', '\r');
const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ' '));
const name = fc.option(fc.stringMatching(/^[a-z._]{1,12}$/));
const event = fc.record(
  { event: name, lines: fc.array(line, { minLength: 1, maxLength: 3 }), comment: fc.boolean() },
  { noNullPrototype: true },
);

test('events are read the same with every line end, with comments and with data over several lines', () => {
  fc.assert(
    fc.property(fc.array(event), eol, fc.boolean(), (events, end, withMark) => {
      let text = withMark ? '\ufeff' : '';
      for (const { event, lines, comment } of events) {
        if (comment) text += `: keep-alive${end}id: 7${end}retry: 10${end}`;
        if (event !== null) text += `event: ${event}${end}`;
        for (const data of lines) text += `data: ${data}${end}`;
        text += end;
      }
      assert.deepEqual(
        parseSse(text),
        events.map(({ event, lines }) => ({ event, data: lines.join('\n') })),
      );
    }),
  );
});

test('what formatSse writes, parseSse reads', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(line, name)), (events) => {
      const text = events.map(([data, event]) => formatSse(data, event)).join('');
      assert.deepEqual(
        parseSse(text),
        events.map(([data, event]) => ({ event, data })),
      );
    }),
  );
});

test('a beginning of a stream reads as a beginning of its events, the last one perhaps cut', () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), fc.nat(), (datas, at) => {
      const text = datas.map((data) => formatSse(data)).join('');
      const found = parseSse(text.slice(0, at % (text.length + 1)));
      assert.ok(found.length <= datas.length);
      for (const [i, { data }] of found.entries()) {
        if (i < found.length - 1) assert.equal(data, datas[i]);
        else assert.ok(datas[i]!.startsWith(data) || data === '');
      }
    }),
  );
});

test('a field without a colon is an empty field, and one space after the colon is not data', () => {
  assert.deepEqual(parseSse('data\n\ndata:x\n\ndata:  y\n\n'), [
    { event: null, data: '' },
    { event: null, data: 'x' },
    { event: null, data: ' y' },
  ]);
});

test('newline-delimited JSON names the line that is not an object', () => {
  assert.deepEqual(parseNdjson('{"a":1}\n\n{"b":2}'), { ok: true, value: [{ a: 1 }, { b: 2 }] });
  assert.deepEqual(parseNdjson('{"a":1}\n{"b":'), {
    ok: false,
    error: { message: 'line 2 of the stream is not a JSON object' },
  });
});
