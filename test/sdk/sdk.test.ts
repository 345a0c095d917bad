import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { shortHash } from '../../src/base/hash.ts';
import { type Json, parseJson } from '../../src/base/json.ts';
import { type ChatRequest, messageText } from '../../src/wire/chat.ts';
import type { ProviderName } from '../../src/wire/format.ts';
import { formatFor } from '../../src/wire/formats.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';

/**
 * The official clients, in the majors that npm gives on Node 20 and on Node 24: each case runs directly and through the
 * gateway; what the client understood and what the teacher saw must be equal.
 */

const root = path.resolve(import.meta.dirname, '../..');

for (const [set, major] of [
  ['node20', 20],
  ['node24', 24],
] as const) {
  describe(`official clients as npm gives them on ${set}`, async () => {
    const folder = await install(set);
    const node = await nodeOf(major);
    let teacher: Teacher;
    let gateway: TestGateway;
    before(async () => {
      teacher = await startTeacher();
      gateway = await startTestGateway({
        upstreams: {
          openai: teacher.url,
          azure: teacher.url,
          anthropic: teacher.url,
          gemini: teacher.url,
          ollama: teacher.url,
        },
      });
    });
    after(async () => {
      await gateway.close();
      teacher.close();
    });

    test(`run on Node ${major} itself`, { skip: node === null && `no Node ${major} is to be had` }, () => {
      assert.match(execFileSync(node!, ['--version'], { encoding: 'utf8' }), new RegExp(`^v${major}\\.`));
    });

    test('understand the same through the gateway, and are understood the same', {
      skip: folder === null && 'the clients could not be installed',
      timeout: 120_000,
    }, async () => {
      const names: readonly ProviderName[] = ['openai', 'azure', 'anthropic', 'gemini', 'ollama'];
      const directUrls = Object.fromEntries(names.map((name) => [name, teacher.url]));
      const gatewayUrls = Object.fromEntries(names.map((name) => [name, `${gateway.base}/${name}`]));
      const direct = await runCases(node, folder!, directUrls);
      const directSeen = teacher.take();
      const through = await runCases(node, folder!, gatewayUrls);
      const throughSeen = teacher.take();
      assert.ok(direct.length >= 50, `${direct.length} cases`);
      for (const [i, result] of direct.entries()) assert.deepEqual(through[i], result);
      assert.deepEqual(throughSeen, directSeen);
      const failures = direct.filter(
        ({ error, case: name }) => (error !== undefined) !== /refused|broken/.test(name),
      );
      const silent = new Set(['openai: broken', 'azure: broken', 'groq: broken']);
      assert.deepEqual(
        failures.filter(({ case: name }) => !silent.has(name)),
        [],
      );
    });

    test('leave whole traces, and incomplete ones where an answer broke off', {
      skip: folder === null && 'the clients could not be installed',
    }, async () => {
      const traces = await gateway.traces();
      const isBroken = (request: Json | null): boolean => /break off|slow/.test(JSON.stringify(request));
      for (const { request, incomplete, format, status, path: where } of traces) {
        // A client that tries again does not read the error to its end.
        if (status >= 400) continue;
        if (format !== null) assert.equal(incomplete !== null, isBroken(request), `${where} ${incomplete}`);
      }
      assert.deepEqual([...new Set(traces.map(({ format }) => format ?? 'none'))].sort(), [
        ...['anthropic-messages', 'gemini-generate', 'none', 'ollama-chat', 'ollama-generate', 'openai-chat'],
        'openai-responses',
      ]);
    });
  });
}

interface Said {
  readonly case: string;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** @param node null: the Node that runs these tests. */
async function runCases(node: string | null, folder: string, urls: Record<string, string>): Promise<Said[]> {
  const child = spawn(node ?? process.execPath, ['cases.mjs', JSON.stringify(urls)], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(child, 'close');
  const own = new RegExp(
    Object.values(urls)
      .map((url) => url.replace(/[.]/g, '\\.'))
      .join('|'),
    'g',
  );
  return text
    .replaceAll(own, 'BASE')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Said);
}

/** A Node of this major: this one, one of the path, or the platform's package from npm; null where there is none. */
async function nodeOf(major: number): Promise<string | null> {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const folder = path.join(root, '.cache', `node${major}`);
  const platform = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const installed = path.join(folder, 'node_modules', platform, 'bin', name);
  const places = (process.env['PATH'] ?? '').split(path.delimiter).map((place) => path.join(place, name));
  const is = (file: string): Promise<boolean> =>
    promisify(execFile)(file, ['--version']).then(
      ({ stdout }) => stdout.startsWith(`v${major}.`),
      () => false,
    );
  for (const file of [process.execPath, ...places, installed]) if (await is(file)) return file;
  await mkdir(folder, { recursive: true });
  await npm(folder, [
    'install',
    '--no-save',
    '--ignore-scripts',
    '--prefix',
    folder,
    `${platform}@${major}`,
  ]).catch(
    () => {}, // No network, or no npm: the suite says that it was skipped.
  );
  return (await is(installed)) ? installed : null;
}

function npm(cwd: string, args: readonly string[]): Promise<unknown> {
  return promisify(execFile)('npm', args, { cwd, timeout: 240_000, shell: process.platform === 'win32' });
}

/** Installs a set of clients once; null where npm cannot. */
async function install(set: string): Promise<string | null> {
  const from = path.join(root, 'test/sdk', set, 'package.json');
  const folder = path.join(root, '.cache', `sdk-${set}-${shortHash(await readFile(from))}`);
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    const temporary = `${folder}.${process.pid}`;
    await mkdir(temporary, { recursive: true });
    await cp(from, path.join(temporary, 'package.json'));
    const options = [
      'install',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '--no-package-lock',
      '--engine-strict=false',
    ];
    try {
      await npm(temporary, options);
      await rename(temporary, folder);
    } catch {
      await rm(temporary, { recursive: true, force: true });
      return null; // No network, or no npm: the suite says that it was skipped.
    }
  }
  await cp(path.join(root, 'test/sdk/cases.mjs'), path.join(folder, 'cases.mjs'));
  return folder;
}

interface Teacher {
  readonly url: string;
  /** What was seen since the last time, without what differs from run to run by nature. */
  take(): unknown[];
  close(): void;
}

/** A teacher that speaks every format through the codecs, and misbehaves where the last message says so. */
async function startTeacher(): Promise<Teacher> {
  let seen: unknown[] = [];
  const busy = new Map<string, number>();
  const server = http.createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const url = req.url ?? '';
    seen.push([req.method, url, wireHeaders(req.rawHeaders), body]);
    const provider = providerOf(url);
    const format = formatFor(provider, req.method ?? '', url);
    const parsed = format?.parseRequest(parseJson(body) ?? null, url);
    if (format === null || parsed?.ok !== true) {
      res.setHeader('content-type', 'application/json');
      return void res.end(
        JSON.stringify({
          object: 'list',
          data: [{ id: 'mock', object: 'embedding', index: 0, embedding: [0.5, 0.25] }],
        }),
      );
    }
    const request = parsed.value;
    const asked = messageText(request.messages.at(-1)!);
    if (asked === 'bad request') {
      res.writeHead(400, { 'content-type': 'application/json', 'x-request-id': 'req_bad' });
      return void res.end(
        JSON.stringify({
          type: 'error',
          error: { type: 'invalid_request_error', code: 400, message: 'no such thing' },
        }),
      );
    }
    if (asked === 'busy once') {
      const count = (busy.get(body) ?? 0) + 1;
      busy.set(body, count);
      if (count % 2 === 1) {
        res.writeHead(429, { 'content-type': 'application/json', 'retry-after-ms': '5', 'retry-after': '0' });
        return void res.end(JSON.stringify({ error: { message: 'busy' } }));
      }
    }
    const answer = asked.includes('use tool')
      ? { text: null, toolCalls: [{ name: 'weather', arguments: '{"city":"Bern"}' }] }
      : { text: `You said: ${asked}. Ünïcode ✓`, toolCalls: [] };
    const context = {
      id: shortHash(body),
      createdMs: 1_750_000_000_000,
      inputTokens: 9,
      outputTokens: 5,
      path: url,
    };
    const rendered = request.stream
      ? format.renderStream(answer, request, context)
      : format.renderResponse(answer, request, context);
    res.writeHead(200, rendered.headers);
    await send(res, rendered.chunks, asked, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take: () => {
      const all = seen;
      seen = [];
      busy.clear();
      return all;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function send(
  res: http.ServerResponse,
  chunks: readonly string[],
  asked: string,
  { stream }: ChatRequest,
): Promise<void> {
  for (const [i, chunk] of chunks.entries()) {
    if (res.destroyed) return;
    const isMiddle = stream && i === Math.min(2, chunks.length - 1);
    if (isMiddle && asked === 'break off') return void setTimeout(() => res.socket?.resetAndDestroy(), 30);
    if (isMiddle && asked === 'slow') await new Promise((resolve) => setTimeout(resolve, 3000).unref());
    res.write(chunk);
    if (stream) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  res.end();
}

function providerOf(url: string): ProviderName {
  if (url.startsWith('/api/')) return 'ollama';
  if (/:(?:stream)?generateContent/i.test(url)) return 'gemini';
  if (/\/messages/.test(url)) return 'anthropic';
  return 'openai';
}

/** Names and values in order; the host is another by design, and some clients draw a key per call. */
function wireHeaders(raw: readonly string[]): string[] {
  return raw.map((value, i) => {
    const name = raw[i - (i % 2)]!.toLowerCase();
    return i % 2 === 1 && (name === 'host' || name === 'idempotency-key') ? name : value;
  });
}
