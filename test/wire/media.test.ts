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

test('the smallest medium is no text: a data URL, or base64 with its kind beside it', () => {
  const pixel =
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  for (const part of [
    { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } },
    { inlineData: { mimeType: 'image/png', data: pixel } },
    { inline_data: { mime_type: 'image/png', data: pixel } },
    { type: 'input_audio', input_audio: { format: 'wav', data: 'UklGRiQA' } },
  ] as readonly Json[]) {
    const text = JSON.stringify(withoutMedia(part));
    assert.ok(!text.includes('iVBOR') && !text.includes('UklGR'), text);
    assert.match(text, /understudy:media;sha256=[0-9a-f]{64};bytes=\d+/);
  }
  const tool = { data: 'UklGRiQA', name: 'lookup' };
  assert.equal(withoutMedia(tool), tool);
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
