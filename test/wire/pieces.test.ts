import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/base/json.ts';
import { anthropicMessages } from '../../src/wire/anthropicMessages.ts';
import type { WireFormat } from '../../src/wire/format.ts';
import { geminiGenerate } from '../../src/wire/geminiGenerate.ts';
import { ollamaChat } from '../../src/wire/ollamaChat.ts';
import { openaiChat } from '../../src/wire/openaiChat.ts';
import { openaiResponses } from '../../src/wire/openaiResponses.ts';
import { sse } from './samples/sample.ts';

/** However a teacher cuts its answer, the whole of it is read: texts and the arguments of tools alike. */

interface Cutter {
  readonly format: WireFormat;
  /** A stream that says the pieces of a text and calls `f` with the pieces of its arguments, `null` where the format sends them whole. */
  stream(text: readonly string[], args: readonly string[], whole: Json): string;
}

const chunk = (delta: JsonObject, finish_reason: string | null = null): JsonObject => ({
  id: 'c',
  choices: [{ index: 0, delta, finish_reason }],
});
const line = (message: JsonObject, more: JsonObject = { done: false }): string =>
  `${JSON.stringify({ model: 'm', message: { role: 'assistant', ...message }, ...more })}\n`;

const cutters: readonly Cutter[] = [
  {
    format: openaiChat,
    stream: (text, args) =>
      sse(
        chunk({ role: 'assistant', content: '' }),
        ...text.map((content) => chunk({ content })),
        chunk({
          tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }],
        }),
        ...args.map((piece) => chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] })),
        chunk({}, 'tool_calls'),
        '[DONE]',
      ),
  },
  {
    format: anthropicMessages,
    stream: (text, args) => {
      const delta = (index: number, value: JsonObject): [string, Json] => [
        'content_block_delta',
        { type: 'content_block_delta', index, delta: value },
      ];
      const begin = (index: number, content_block: JsonObject): [string, Json] => [
        'content_block_start',
        { type: 'content_block_start', index, content_block },
      ];
      const message = { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], usage: {} };
      return sse(
        ['message_start', { type: 'message_start', message }],
        begin(0, { type: 'text', text: '' }),
        ['ping', { type: 'ping' }],
        ...text.map((piece) => delta(0, { type: 'text_delta', text: piece })),
        begin(1, { type: 'tool_use', id: 'c1', name: 'f', input: {} }),
        ...args.map((piece) => delta(1, { type: 'input_json_delta', partial_json: piece })),
        ['message_delta', { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: {} }],
        ['message_stop', { type: 'message_stop' }],
      );
    },
  },
  {
    format: geminiGenerate,
    stream: (text, _args, args) => {
      const piece = (parts: JsonObject[], more: JsonObject = {}): Json => ({
        candidates: [{ content: { role: 'model', parts }, index: 0, ...more }],
      });
      return sse(
        ...text.map((value) => piece([{ text: value }])),
        piece([{ functionCall: { name: 'f', args } }]),
        piece([], { finishReason: 'STOP' }),
      );
    },
  },
  {
    format: ollamaChat,
    stream: (text, _args, args) =>
      text.map((content) => line({ content })).join('') +
      line({ content: '', tool_calls: [{ function: { name: 'f', arguments: args } }] }) +
      line({ content: '' }, { done: true, done_reason: 'stop' }),
  },
  {
    format: openaiResponses,
    stream: (text, args) => {
      const item = { id: 'i', type: 'message', role: 'assistant', status: 'completed' };
      const content = [{ type: 'output_text', text: text.join(''), annotations: [] }];
      const call = { id: 'k', type: 'function_call', call_id: 'c1', name: 'f', arguments: args.join('') };
      return sse(
        ...text.map((delta): [string, Json] => [
          'response.output_text.delta',
          { type: 'response.output_text.delta', delta },
        ]),
        ...[{ ...item, content }, call].map((done, output_index): [string, Json] => [
          'response.output_item.done',
          { type: 'response.output_item.done', output_index, item: done },
        ]),
        ['response.completed', { type: 'response.completed', response: { id: 'r', status: 'completed' } }],
      );
    },
  },
];

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
const value = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });
const cuts = fc.array(fc.nat(), { maxLength: 12 });

/** The text cut at these places: between code units, as a tokenizer that works on bytes may do. */
function cut(whole: string, at: readonly number[]): string[] {
  const places = [...new Set(at.map((n) => n % (whole.length + 1)))].sort((a, b) => a - b);
  const pieces = [0, ...places].map((start, i) => whole.slice(start, places[i] ?? whole.length));
  return pieces.filter((piece) => piece !== '' && piece.isWellFormed());
}

for (const { format, stream } of cutters) {
  test(`${format.name}: an answer reads the same in whatever pieces it comes`, () => {
    fc.assert(
      fc.property(text, value, cuts, cuts, (said, given, textCuts, argumentCuts) => {
        const args = JSON.stringify(given);
        const pieces = cut(said, textCuts);
        const argumentPieces = cut(args, argumentCuts);
        // A half of a surrogate pair cannot be written in UTF-8: no server sends one.
        fc.pre(pieces.join('') === said && argumentPieces.join('') === args);
        const joined = format.joinStream(stream(pieces, argumentPieces, JSON.parse(args) as Json));
        assert.ok(joined.ok, joined.ok ? '' : joined.error.message);
        const response = format.parseResponse(joined.value);
        assert.ok(response.ok);
        assert.equal(response.value.text, said);
        assert.deepEqual(
          response.value.toolCalls.map((call) => [call.name, call.parsed]),
          [['f', JSON.parse(args)]],
        );
      }),
      { numRuns: 150 },
    );
  });
}
