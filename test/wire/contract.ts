import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { sha256 } from '../../src/base/hash.ts';
import { type Json, parseJson } from '../../src/base/json.ts';
import { type Answer, answerOf, type ChatRequest, type Ending, messageText } from '../../src/wire/chat.ts';
import { endingOf } from '../../src/wire/ending.ts';
import { formatFor } from '../../src/wire/formats.ts';
import { withoutMedia } from '../../src/wire/media.ts';
import { parameters, picture, type Sample, schema } from './samples/sample.ts';

const context = { id: '0123456789abcdef', createdMs: 1_750_000_000_000, inputTokens: 20, outputTokens: 3 };

/** What every wire format promises. One call of this per format. */
export function contract(sample: Sample): void {
  const { format } = sample;
  const read = (body: Json, path = sample.path): ChatRequest => {
    const result = format.parseRequest(body, path);
    assert.ok(result.ok, result.ok ? '' : result.error.message);
    return result.value;
  };

  describe(format.name, () => {
    test('belongs to its paths and to no others', () => {
      for (const path of sample.paths) assert.equal(formatFor(sample.provider, 'POST', path), format, path);
      for (const path of sample.foreignPaths)
        assert.equal(formatFor(sample.provider, 'POST', path), null, path);
      for (const path of sample.paths) assert.equal(formatFor(sample.provider, 'GET', path), null);
    });

    test('reads instructions, question, schema and sampling', () => {
      const request = read(sample.request);
      assert.deepEqual(
        request.messages.map((message) => [message.role, messageText(message)]),
        [
          ['system', 'Answer in one word.'],
          ['user', 'Which colour has the sky?'],
        ],
      );
      assert.equal(request.outputFormat.kind, 'schema');
      if (request.outputFormat.kind === 'schema') assert.deepEqual(request.outputFormat.schema, schema);
      assert.equal(request.sampling.temperature, 0);
      assert.equal(request.sampling.maxTokens, 16);
      assert.deepEqual(request.sampling.stop, sample.hasStop ? ['END'] : []);
      assert.deepEqual([request.teacherOnly, request.unknownKeys], [[], []]);
    });

    if (sample.hasTools)
      test('reads tools with their parameters', () => {
        const tool = { name: 'look_up', description: 'Looks it up.', parameters, hosted: false };
        assert.deepEqual(read(sample.request).tools, [tool]);
      });

    if (sample.turns !== null)
      test('reads tool calls and their results among several turns', () => {
        const { messages } = read(sample.turns!);
        assert.deepEqual(
          messages.map(({ role }) => role),
          ['system', 'user', 'assistant', 'tool', 'user'],
        );
        const [call] = messages[2]!.parts;
        assert.deepEqual(call, {
          kind: 'tool-call',
          call: { id: 'call_1', name: 'look_up', arguments: '{"query":"sky"}', parsed: { query: 'sky' } },
        });
        const [result] = messages[3]!.parts;
        assert.ok(result?.kind === 'tool-result');
        assert.equal(result.callId, 'call_1');
        assert.match(result.text, /^"?blue"?$/);
        assert.equal(messageText(messages[4]!), 'And now?');
      });

    test('knows a picture by hash and size, also where its bytes were taken out', () => {
      const expected = { kind: 'media', media: 'image', sha256: sha256(picture), bytes: picture.length };
      const stored = withoutMedia(sample.withPicture);
      assert.ok(!JSON.stringify(stored).includes(picture.toString('base64')));
      for (const body of [sample.withPicture, stored]) {
        const request = read(body);
        const media = request.messages.flatMap(({ parts }) => parts).filter(({ kind }) => kind === 'media');
        assert.deepEqual(media, [expected]);
        assert.deepEqual(request.teacherOnly, ['image input']);
      }
    });

    test('lets keys pass that change nothing about a right answer', () => {
      const request = read({ ...sample.request, ...sample.harmless });
      assert.deepEqual([request.teacherOnly, request.unknownKeys], [[], []]);
    });

    test('names a key that it does not know', () => {
      const request = read({ ...sample.request, brand_new_feature: { level: 3 } });
      assert.deepEqual(request.unknownKeys, ['brand_new_feature']);
    });

    for (const addition of sample.teacherOnly)
      test(`leaves ${JSON.stringify(addition).slice(0, 70)} to the teacher`, () => {
        const request = read({ ...sample.request, ...addition });
        assert.notDeepEqual(request.teacherOnly, []);
      });

    for (const { title, body, stream, reads } of sample.answers) {
      test(`reads ${title}`, () => {
        const response = format.parseResponse(body);
        assert.ok(response.ok);
        for (const [key, value] of Object.entries(reads))
          assert.deepEqual(response.value[key as keyof typeof reads], value, key);
      });

      test(`joins the stream of ${title} to the body`, () => {
        for (const text of [stream, stream.replaceAll('\n', '\r\n'), `${stream.trimEnd()}`]) {
          const joined = format.joinStream(text);
          assert.ok(joined.ok, joined.ok ? '' : joined.error.message);
          assert.deepEqual(joined.value, body);
        }
      });

      test(`never takes a piece of the stream of ${title} for the whole`, () => {
        const whole = stream.trimEnd();
        for (let end = 0; end < whole.length; end++) {
          const joined = format.joinStream(whole.slice(0, end));
          // What follows the last piece of the answer may be missing; a piece of the answer may not.
          if (joined.ok) assert.deepEqual(joined.value, body, `cut at ${end} of ${whole.length}`);
        }
      });
    }

    test('fails on a stream that carries an error', () => {
      const joined = format.joinStream(sample.failingStream);
      assert.ok(!joined.ok);
      assert.match(joined.error.message, /error/);
    });

    test('fails on a body that is an error', () => {
      assert.equal(format.parseResponse(sample.errorBody).ok, false);
    });

    test('never throws, whatever the body', () => {
      fc.assert(
        fc.property(fc.json(), fc.string(), (json, text) => {
          const value = parseJson(json) ?? null;
          format.parseRequest(value, sample.path);
          format.parseResponse(value);
          format.joinStream(text);
          format.joinStream(`data: ${json}\n\n`);
          format.joinStream(`${json}\n`);
        }),
        { numRuns: 200 },
      );
    });

    test('never throws on a good request with one value replaced', () => {
      const body = sample.turns ?? sample.request;
      fc.assert(
        fc.property(fc.constantFrom(...pathsIn(body)), fc.jsonValue(), (path, value) => {
          format.parseRequest(replaced(body, path, value as Json), sample.path);
        }),
        { numRuns: 200 },
      );
    });

    test('renders an answer that reads as it was meant', () => {
      const request = read(sample.request);
      fc.assert(
        fc.property(answers(sample.hasTools), (answer) => {
          const rendered = format.renderResponse(answer, request, context);
          const response = format.parseResponse(JSON.parse(rendered.chunks.join('')) as Json);
          assert.ok(response.ok);
          assert.deepEqual(answerOf(response.value), answer);
          assert.ok(rendered.headers['content-type']?.startsWith('application/json'));
          if (response.value.model !== '') assert.equal(response.value.model, request.model);
        }),
        { numRuns: 60 },
      );
    });

    test('renders a stream that joins to the same answer', () => {
      const request = { ...read(sample.request, sample.streamPath), includeUsage: true };
      fc.assert(
        fc.property(answers(sample.hasTools), (answer) => {
          const rendered = format.renderStream(answer, request, { ...context, path: sample.streamPath });
          const joined = format.joinStream(rendered.chunks.join(''));
          assert.ok(joined.ok, joined.ok ? '' : joined.error.message);
          const response = format.parseResponse(joined.value);
          assert.ok(response.ok);
          assert.deepEqual(answerOf(response.value), answer);
          assert.equal(response.value.usage?.outputTokens, context.outputTokens);
        }),
        { numRuns: 60 },
      );
    });

    test('renders what ended an answer as the provider says it', () => {
      const request = { ...read(sample.request, sample.streamPath), includeUsage: true };
      const limited = { ...request, sampling: { ...request.sampling, maxTokens: 1 } };
      const streamPath = { ...context, path: sample.streamPath };
      const endings: readonly (Ending | null)[] = [
        null,
        { kind: 'limit', tokens: 1 },
        ...(sample.namesStop === true ? [{ kind: 'stop-sequence', sequence: '\n' } as const] : []),
      ];
      for (const ending of endings) {
        const answer: Answer = { text: 'b', toolCalls: [], ...(ending === null ? {} : { ending }) };
        const body = JSON.parse(format.renderResponse(answer, limited, context).chunks.join('')) as Json;
        const joined = format.joinStream(format.renderStream(answer, limited, streamPath).chunks.join(''));
        assert.ok(joined.ok);
        for (const whole of [body, joined.value]) {
          const response = format.parseResponse(whole);
          assert.ok(response.ok);
          assert.deepEqual(endingOf(limited, response.value), ending);
        }
      }
    });

    test('renders an answer that says nothing as one that is whole', () => {
      const request = { ...read(sample.request, sample.streamPath), includeUsage: true };
      for (const text of ['', null]) {
        const answer: Answer = { text, toolCalls: [] };
        const body = JSON.parse(format.renderResponse(answer, request, context).chunks.join('')) as Json;
        const streamPath = { ...context, path: sample.streamPath };
        const joined = format.joinStream(format.renderStream(answer, request, streamPath).chunks.join(''));
        assert.ok(joined.ok, joined.ok ? '' : joined.error.message);
        for (const whole of [body, joined.value]) {
          const response = format.parseResponse(whole);
          assert.ok(response.ok);
          assert.equal(response.value.text ?? '', '');
          assert.deepEqual([response.value.toolCalls, response.value.finish], [[], 'stop']);
        }
      }
    });

    test('renders the stream and the body alike', () => {
      const request = { ...read(sample.request, sample.streamPath), includeUsage: true };
      const answer: Answer = { text: 'blue', toolCalls: [] };
      const streamed = format.joinStream(format.renderStream(answer, request, context).chunks.join(''));
      const body = JSON.parse(format.renderResponse(answer, request, context).chunks.join('')) as Json;
      assert.ok(streamed.ok);
      assert.deepEqual(format.parseResponse(streamed.value), format.parseResponse(body));
    });
  });
}

/** Answers as students give them: a text, or tool calls with or without one; arguments are minified JSON objects. */
function answers(hasTools: boolean): fc.Arbitrary<Answer> {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
  const key = fc.stringMatching(/^[a-z]{1,6}$/);
  const call = fc.record(
    {
      name: fc.constantFrom('look_up', 'other'),
      arguments: fc
        .dictionary(key, fc.jsonValue({ maxDepth: 2 }))
        .map((value) => JSON.stringify(JSON.parse(JSON.stringify(value)))),
    },
    { noNullPrototype: true },
  );
  const plain = text.map((value): Answer => ({ text: value, toolCalls: [] }));
  if (!hasTools) return plain;
  const calling = fc
    .tuple(fc.option(text), fc.array(call, { minLength: 1, maxLength: 3 }))
    .map(([value, toolCalls]): Answer => ({ text: value, toolCalls }));
  return fc.oneof(plain, calling);
}

function pathsIn(value: Json, path: readonly (string | number)[] = []): (string | number)[][] {
  const here = path.length > 0 ? [[...path]] : [];
  if (typeof value !== 'object' || value === null) return here;
  return [...here, ...Object.entries(value).flatMap(([key, item]) => pathsIn(item as Json, [...path, key]))];
}

function replaced(value: Json, [key, ...rest]: readonly (string | number)[], by: Json): Json {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<
    string | number,
    Json
  >;
  copy[key] = replaced(copy[key] ?? null, rest, by);
  return copy as Json;
}
