import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import zlib, { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { AppError } from '../../src/base/error.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { toCall } from '../../src/traces/call.ts';
import { CsvSplitter } from '../../src/traces/import/csv.ts';
import { type ImportOptions, type ImportResult, importTraces } from '../../src/traces/import/import.ts';
import type { FileRecord } from '../../src/traces/import/records.ts';
import { readTrafficRecord } from '../../src/traces/import/trafficFile.ts';
import { openJournal } from '../../src/traces/journal.ts';
import { createOtlpReader, tracesFromOtlp } from '../../src/traces/otlp.ts';
import type { Call } from '../../src/traces/trace.ts';
import { answerOf, messageText } from '../../src/wire/chat.ts';
import { attribute, bytes, fixed64 } from '../support/protobuf.ts';
import { anthropicBatch, files, otlpLatest } from './importFiles.ts';
import { readAll, temporaryFolder } from './sample.ts';

interface Imported extends ImportResult {
  readonly calls: readonly Call[];
  readonly skips: readonly string[];
  /** Imports the same file once more. */
  again(): Promise<ImportResult>;
}

async function importText(
  t: TestContext,
  text: string | Buffer,
  options: ImportOptions = {},
): Promise<Imported> {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'file');
  writeFileSync(file, text);
  const journalFolder = path.join(folder, 'journal');
  const skips: string[] = [];
  const onSkip = (line: number, reason: string): void => void skips.push(`${line}: ${reason}`);
  const once = async (given: ImportOptions): Promise<ImportResult> => {
    const journal = await openJournal(journalFolder, { maintenanceMs: 0 });
    try {
      return await importTraces(file, journal, given);
    } finally {
      await journal.close();
    }
  };
  const result = await once({ onSkip, ...options });
  const calls = (await readAll(journalFolder)).traces.map((trace) => {
    const call = toCall(trace);
    assert.ok(call, 'what was imported can be read');
    return call;
  });
  return { ...result, calls, skips, again: () => once(options) };
}

const lines = (...records: unknown[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** A call in short: what was asked and what was said. */
function inShort(call: Call): string {
  const asked = call.request.messages.map((m) => `${m.role}: ${messageText(m)}`).join(' | ');
  const said = call.response === null ? `status ${call.trace.status}` : answerOf(call.response);
  const answer =
    typeof said === 'string'
      ? said
      : [said.text ?? '', ...said.toolCalls.map((c) => `${c.name}(${c.arguments})`)].join('');
  return `${asked} => ${answer}`;
}

for (const { name, text, expected, skipped = 0, companion } of files) {
  test(`${name}: every call is imported whole, and once only`, async (t) => {
    const options: ImportOptions = {};
    if (companion !== undefined) {
      const file = path.join(temporaryFolder(t), 'companion');
      writeFileSync(file, companion);
      Object.assign(options, { companions: [file] });
    }
    const imported = await importText(t, text, options);
    assert.deepEqual(imported.calls.map(inShort), expected, imported.skips.join('\n'));
    assert.equal(imported.imported, expected.length);
    assert.equal(imported.skipped, skipped, imported.skips.join('\n'));
    assert.ok(
      imported.calls.every((call) => call.trace.servedBy === 'teacher' && call.trace.source !== 'gateway'),
    );
    assert.deepEqual(await imported.again(), { imported: 0, duplicates: expected.length, skipped });
  });
}

test('times, usage and models come along where the source has them', async (t) => {
  const langfuse = files.find((file) => file.name === 'langfuse')!;
  const [call] = (await importText(t, langfuse.text)).calls;
  assert.equal(call?.trace.startMs, Date.UTC(2025, 5, 15, 15, 6, 40));
  assert.equal(call?.trace.durationMs, 850);
  assert.equal(call?.request.model, 'gpt-4o-mini');
  assert.equal(call?.request.sampling.temperature, 0);
  assert.deepEqual([call?.response?.usage?.inputTokens, call?.response?.usage?.outputTokens], [21, 1]);
  assert.equal(call?.trace.source, 'langfuse:obs-1');
});

test('the vendor comes along where the source or the model tells it', async (t) => {
  const messages = [
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: 'hello' },
  ];
  const span = (provider: string) => ({
    name: 'chat',
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': provider,
      'gen_ai.request.model': 'm',
      'gen_ai.input.messages': [{ role: 'user', parts: [{ type: 'text', content: provider }] }],
      'gen_ai.output.messages': [{ role: 'assistant', parts: [{ type: 'text', content: 'a' }] }],
    },
  });
  const records = [
    { model: 'claude-x', messages },
    { messages },
    span('deepseek'),
    span('openai'),
    span('mistral_ai'),
  ];
  const { calls } = await importText(t, lines(...records));
  const vendors = calls.map(({ trace }) => [trace.provider, trace.vendor]);
  assert.deepEqual(vendors, [
    ['openai', 'anthropic'],
    ['openai', undefined],
    ['openai', 'deepseek'],
    ['openai', undefined],
    ['openai', 'mistral'],
  ]);
});

test('a bad line is reported with its number, and the others are imported', async (t) => {
  const good = {
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ],
  };
  const text = `${JSON.stringify(good)}\n\n{"messages": [\n"text"\n{"unknown": 1}\n${lines({ ...good, messages: [{ role: 'user', content: 'c' }] })}`;
  const { imported, skips } = await importText(t, text);
  assert.equal(imported, 1);
  assert.deepEqual(skips, [
    '3: not JSON',
    '4: not a JSON object',
    '5: in no known format',
    '6: the conversation does not end with the assistant',
  ]);
});

test('gzip, arrays, byte order marks and objects over several lines are read', async (t) => {
  const a = {
    messages: [
      { role: 'user', content: 'one "quoted" [x] {' },
      { role: 'assistant', content: '1' },
    ],
  };
  const b = {
    messages: [
      { role: 'user', content: 'two\\' },
      { role: 'assistant', content: '2' },
    ],
  };
  const expected = ['user: one "quoted" [x] { => 1', 'user: two\\ => 2'];
  for (const text of [
    gzipSync(lines(a, b)),
    `\uFEFF${lines(a, b)}`,
    lines(a, b).replaceAll('\n', '\r\n'),
    JSON.stringify([a, b]),
    JSON.stringify([a, b], null, 2),
    `${JSON.stringify(a, null, 2)}\n${JSON.stringify(b, null, 2)}`,
    lines(a) + JSON.stringify(b),
  ])
    assert.deepEqual((await importText(t, text)).calls.map(inShort), expected);
});

test('a file packed with Zstandard is read', {
  skip: 'zstdCompressSync' in zlib ? false : 'this Node knows no Zstandard',
}, async (t) => {
  const record = {
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ],
  };
  const { imported } = await importText(t, zlib.zstdCompressSync(Buffer.from(lines(record))));
  assert.equal(imported, 1);
});

/** A span of a call as protobuf, in an export of its own. */
function exported(question: string, answer: string): Buffer {
  const messages = (role: string, content: string) =>
    JSON.stringify([{ role, parts: [{ type: 'text', content }] }]);
  const span = [
    bytes(1, createHash('md5').update(question).digest()),
    bytes(2, Buffer.from(createHash('md5').update(question).digest().subarray(0, 8))),
    bytes(5, 'chat'),
    attribute(9, 'gen_ai.operation.name', 'chat'),
    attribute(9, 'gen_ai.request.model', 'gpt-4o-mini'),
    attribute(9, 'gen_ai.input.messages', messages('user', question)),
    attribute(9, 'gen_ai.output.messages', messages('assistant', answer)),
  ];
  return bytes(1, bytes(1, attribute(1, 'service.name', 'app')), bytes(2, bytes(2, ...span)));
}

test('OTLP in protobuf is read, plain, framed as the Collector writes it, packed, and in a cut file up to there', async (t) => {
  const exports = Array.from({ length: 40 }, (_, i) => exported(`question ${i}`, 'x'.repeat(i * 997)));
  const expected = exports.map((_, i) => `user: question ${i} => ${'x'.repeat(i * 997)}`);
  const framed = exports.map((message) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(message.length);
    return Buffer.concat([length, message]);
  });
  const whole = Buffer.concat(exports);
  for (const file of [whole, Buffer.concat(framed), gzipSync(whole)]) {
    const { calls, skips, again } = await importText(t, file);
    assert.deepEqual(calls.map(inShort), expected);
    assert.deepEqual(skips, []);
    assert.deepEqual(await again(), { imported: 0, duplicates: 40, skipped: 0 });
  }
  const cut = await importText(t, whole.subarray(0, -5));
  assert.deepEqual(cut.calls.map(inShort), expected.slice(0, -1));
  assert.deepEqual(cut.skips, ['40: the file ends in the middle of this message']);
  const spoilt = Buffer.from(whole);
  spoilt.fill(0xff, exports[0]!.length + 4, exports[0]!.length + 9);
  const { calls, skips } = await importText(t, spoilt);
  assert.deepEqual([calls.length, skips.length], [39, 1]);
});

test('log records in protobuf are read too', async (t) => {
  const messages = (role: string, content: string) =>
    JSON.stringify([{ role, parts: [{ type: 'text', content }] }]);
  const log = [
    fixed64(1, 1793000000000000000n),
    attribute(6, 'gen_ai.operation.name', 'chat'),
    attribute(6, 'gen_ai.request.model', 'gpt-4o-mini'),
    attribute(6, 'gen_ai.input.messages', messages('user', 'asked in a log')),
    attribute(6, 'gen_ai.output.messages', messages('assistant', 'said')),
    bytes(9, Buffer.alloc(16, 7)),
    bytes(10, Buffer.alloc(8, 7)),
    bytes(12, 'gen_ai.client.inference.operation.details'),
  ];
  const { calls } = await importText(t, bytes(1, bytes(2, bytes(2, ...log))));
  assert.deepEqual(calls.map(inShort), ['user: asked in a log => said']);
});

test('a table is the same in whatever pieces it comes', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', ' ', 'é', '{'), maxLength: 8 });
  const size = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), size, (rows, step) => {
      const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
      const table = ['a,b', ...rows.map((row) => row.map(quoted).join(','))].join('\n');
      const splitter = new CsvSplitter();
      const found: FileRecord[] = [];
      for (let at = 0; at < table.length; at += step)
        found.push(...splitter.take(table.slice(at, at + step)));
      found.push(...splitter.end());
      let line = 2;
      const expected = rows.map(([a, b]) => {
        const begins = line;
        line += 1 + `${a}${b}`.split('\n').length - 1;
        return {
          line: begins,
          content: { ok: true, value: { a: a === '' ? null : a, b: b === '' ? null : b } },
        };
      });
      assert.deepEqual(found, expected);
    }),
  );
});

test('a record of a pretty-printed array is reported with the line that it begins on', async (t) => {
  const good = {
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ],
  };
  const { skips } = await importText(t, JSON.stringify([good, { nothing: true }], null, 1));
  assert.match(skips[0]!, /^14: in no known format/);
  assert.deepEqual((await importText(t, '[{"messages":[')).skips, [
    '1: the file ends in the middle of this record',
  ]);
});

test('the same call from another log of it is known by its content', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await openJournal(path.join(folder, 'journal'), { maintenanceMs: 0 });
  const chat = {
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ],
    model: 'm',
  };
  const conversation = {
    id: '7',
    model: 'm',
    conversations: [
      { from: 'human', value: 'a' },
      { from: 'gpt', value: 'b' },
    ],
  };
  writeFileSync(path.join(folder, '1'), lines(chat));
  writeFileSync(path.join(folder, '2'), lines(conversation, chat));
  assert.equal((await importTraces(path.join(folder, '1'), journal)).imported, 1);
  assert.deepEqual(await importTraces(path.join(folder, '2'), journal), {
    imported: 0,
    duplicates: 2,
    skipped: 0,
  });
  await journal.seal();
  assert.equal((await importTraces(path.join(folder, '2'), journal)).duplicates, 2, 'also when sealed');
  await journal.delete('all');
  assert.equal(
    (await importTraces(path.join(folder, '2'), journal)).imported,
    1,
    'what was deleted may come again',
  );
  await journal.close();
});

test('what the caller knows already is not imported', async (t) => {
  const { imported, duplicates } = await importText(t, files[0]!.text, { known: () => true });
  assert.equal(imported, 0);
  assert.ok(duplicates > 0);
});

test('an import is redacted like everything that is written', async (t) => {
  const secret = `sk-ant-api03-${'a1B2'.repeat(23)}AA`;
  const { calls } = await importText(
    t,
    lines({
      messages: [
        { role: 'user', content: `use ${secret}` },
        { role: 'assistant', content: 'ok' },
      ],
    }),
  );
  assert.match(inShort(calls[0]!), /^user: use <anthropic-key:[0-9a-f]{4}> => ok$/);
});

test('a result without its request is reported', async (t) => {
  const results = anthropicBatch.results;
  const { imported, skips } = await importText(t, results);
  assert.equal(imported, 0);
  assert.match(skips.join('\n'), /request of this result/);
});

test('a file that is not there, or breaks off, is a clear error', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await openJournal(path.join(folder, 'journal'), { maintenanceMs: 0 });
  const fails = (file: string, code: string): Promise<void> =>
    assert.rejects(
      importTraces(file, journal),
      (error) => error instanceof AppError && error.code === code && !error.message.includes('\n'),
    );
  await fails(path.join(folder, 'nothing'), 'not-found');
  mkdirSync(path.join(folder, 'directory'));
  await fails(path.join(folder, 'directory'), 'bad-input');
  const cut = path.join(folder, 'cut.gz');
  const whole = gzipSync(files[0]!.text);
  writeFileSync(cut, whole.subarray(0, whole.length - 12));
  await fails(cut, 'bad-input');
  await journal.close();
});

test('a full disk ends the import with an error, and a second import completes it', async (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'many');
  for (let i = 0; i < 600; i++)
    appendFileSync(
      file,
      lines({
        messages: [
          { role: 'user', content: `number ${i}` },
          { role: 'assistant', content: 'b' },
        ],
      }),
    );
  const small = await openJournal(path.join(folder, 'journal'), {
    maintenanceMs: 0,
    maxPendingBytes: 30_000,
  });
  await assert.rejects(
    importTraces(file, small),
    (error) => error instanceof AppError && error.code === 'storage-full',
  );
  await small.close();
  const journal = await openJournal(path.join(folder, 'journal'), { maintenanceMs: 0 });
  const { imported, duplicates } = await importTraces(file, journal);
  assert.ok(duplicates > 0 && imported + duplicates === 600, `${imported} + ${duplicates}`);
  await journal.close();
  assert.equal((await readAll(path.join(folder, 'journal'))).traces.length, 600);
});

test('a large file streams', async (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'large.jsonl');
  const filler = 'x'.repeat(20_000);
  for (let part = 0; part < 10; part++)
    appendFileSync(
      file,
      lines(
        ...Array.from({ length: 200 }, (_, i) => ({
          messages: [
            { role: 'user', content: `${part}/${i} ${filler}` },
            { role: 'assistant', content: 'b' },
          ],
        })),
      ),
    );
  assert.ok(statSync(file).size > 40e6);
  const journal = await openJournal(path.join(folder, 'journal'), { maintenanceMs: 0 });
  let most = 0;
  const known = (): boolean => {
    most = Math.max(most, journal.stats().pendingBytes);
    return false;
  };
  assert.equal((await importTraces(file, journal, { known })).imported, 2000);
  assert.ok(most < 10e6, `at most ${most} bytes waited`);
  await journal.close();
});

test('a traffic line says in words what is wrong with it', () => {
  const line = {
    ts: '2026-11-01T10:00:00Z',
    provider: 'openai',
    status: 200,
    request: {},
    response: {},
    site: 'a.ts:1',
    split: 'test',
  };
  const read = readTrafficRecord(line);
  assert.ok(read.ok);
  assert.deepEqual(
    [read.value.atMs, read.value.site, read.value.split],
    [Date.UTC(2026, 10, 1, 10), 'a.ts:1', 'test'],
  );
  const bad: readonly (readonly [JsonObject, RegExp])[] = [
    [{ ...line, ts: 'soon' }, /"ts"/],
    [{ ...line, provider: 'acme' }, /"provider".*openai/],
    [{ ...line, status: '200' }, /"status"/],
    [{ ...line, request: 'hi' }, /"request"/],
  ];
  for (const [record, reason] of bad) {
    const result = readTrafficRecord(record);
    assert.ok(!result.ok);
    assert.match(result.error, reason);
  }
});

test('the body of an OTLP export becomes traces; spans without content are told', () => {
  const { traces, skipped } = tracesFromOtlp(JSON.parse(otlpLatest), 5);
  assert.equal(traces.length, 1);
  assert.deepEqual(skipped, []);
  assert.equal(inShort(toCall(traces[0]!)!), 'system: Classify sentiment. | user: I love it => positive');
  const bare = JSON.parse(
    otlpLatest.replaceAll('gen_ai.input.messages', 'x').replaceAll('gen_ai.output.messages', 'y'),
  );
  assert.match(tracesFromOtlp(bare, 5).skipped[0]!, /no content/);
  assert.deepEqual(tracesFromOtlp({ resourceSpans: [] }, 5), { traces: [], skipped: [] });
  assert.equal(tracesFromOtlp('text', 5).skipped.length, 1);
});

test('an OTLP export that is sent again brings nothing twice', () => {
  const read = createOtlpReader();
  const body = JSON.parse(otlpLatest);
  assert.deepEqual(
    [read(body, 5).traces.length, read(body, 9).traces.length, read(body, 9).duplicates],
    [1, 0, 1],
  );
});
