import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../src/base/json.ts';
import { mediumOf, withoutMedia } from '../../src/wire/media.ts';

const bytes = fc.uint8Array({ minLength: 300, maxLength: 900 }).map((array) => Buffer.from(array));

test('a medium has the same hash and size as a data URL, as base64 and as their placeholders', () => {
  fc.assert(
    fc.property(bytes, (content) => {
      const base64 = content.toString('base64');
      const inPlace = { url: `data:image/png;base64,${base64}`, data: base64, images: [base64] };
      const stored = withoutMedia(inPlace) as typeof inPlace;
      const expected = mediumOf(`data:image/png;base64,${base64}`);
      assert.equal(expected.bytes, content.length);
      for (const source of [base64, stored.url, stored.data, stored.images[0]])
        assert.deepEqual(mediumOf(source), expected);
      assert.ok(JSON.stringify(stored).length < 500);
    }),
  );
});

test('a body without media is the very same object', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal(withoutMedia(value as Json), value);
    }),
  );
});

test('a long text under another key is no medium', () => {
  const body = { text: 'QUJD'.repeat(200), data: 'a plain sentence, '.repeat(40) };
  assert.equal(withoutMedia(body), body);
});
