import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { type GatewayClient, startGateway } from '../../src/gateway/client.ts';
import { readTraces } from '../../src/traces/reader.ts';
import type { Trace } from '../../src/traces/trace.ts';
import { selfSigned } from '../support/certificate.ts';
import { chatBody, chatEvents } from '../support/fakeTeacher.ts';

/** Every real provider is behind TLS: a gateway process that trusts a certificate by NODE_EXTRA_CA_CERTS, and a teacher that has it. */
describe('a teacher behind TLS', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'understudy-tls-'));
  const storage = path.join(folder, 'storage');
  const connections: TLSSocket[] = [];
  /** The name that each connection asked a certificate for by. */
  const names: unknown[] = [];
  let server: https.Server;
  let stranger: https.Server;
  let gateway: GatewayClient;

  const listen = async (answer: http.RequestListener): Promise<https.Server> => {
    const made = https
      .createServer({ ...selfSigned(), keepAliveTimeout: 60_000 }, answer)
      .listen(0, '127.0.0.1');
    await once(made, 'listening');
    return made;
  };
  const portOf = (made: https.Server): number => (made.address() as AddressInfo).port;
  const call = (provider: 'openai' | 'anthropic', stream = false): Promise<string> =>
    fetch(`${gateway.info.baseUrls[provider]}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({
        model: 'm',
        stream,
        messages: [{ role: 'user', content: 'x'.repeat(stream ? 300_000 : 9) }],
      }),
    }).then((response) => response.text());

  before(async () => {
    const trusted = selfSigned();
    server = https.createServer({ ...trusted, keepAliveTimeout: 60_000 }, (req, res) => {
      let isStream = false;
      req.on('data', (chunk: Buffer) => {
        isStream ||= chunk.includes('"stream":true');
      });
      req.on('end', () => {
        res.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' });
        if (isStream) for (const event of chatEvents('one two three')) res.write(event);
        res.end(isStream ? '' : chatBody('secure'));
      });
    });
    server.on('secureConnection', (socket: TLSSocket & { servername?: unknown }) => {
      connections.push(socket);
      names.push(socket.servername);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stranger = await listen((_req, res) => res.end('never'));
    const file = path.join(folder, 'ca.pem');
    writeFileSync(file, trusted.cert);
    process.env['NODE_EXTRA_CA_CERTS'] = file;
    try {
      gateway = await startGateway({
        storage,
        gatewayEntry: path.resolve(import.meta.dirname, '../../src/gateway/main.ts'),
        workerEntry: null,
        version: '1',
        attached: true,
        upstreams: {
          openai: `https://localhost:${portOf(server)}`,
          anthropic: `https://127.0.0.1:${portOf(stranger)}`,
        },
      });
    } finally {
      delete process.env['NODE_EXTRA_CA_CERTS'];
    }
  });
  after(async () => {
    await gateway.stop();
    for (const made of [server, stranger]) {
      made.closeAllConnections();
      made.close();
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const traces = async (): Promise<Trace[]> => {
    await gateway.flush();
    const found: Trace[] = [];
    for await (const trace of readTraces(path.join(storage, 'journal'))) found.push(trace);
    return found;
  };

  test('is called over one connection as long as calls follow each other', async () => {
    for (let i = 0; i < 20; i++) {
      const isStream = i % 2 === 1;
      const text = await call('openai', isStream);
      assert.equal(text, isStream ? chatEvents('one two three').join('') : chatBody('secure'));
    }
    assert.equal(connections.length, 1);
    assert.deepEqual(names, ['localhost']);
    assert.ok((await traces()).every(({ incomplete, status }) => incomplete === null && status === 200));
  });

  test('has no more connections than calls at a time', async () => {
    for (let round = 0; round < 3; round++)
      await Promise.all(Array.from({ length: 8 }, () => call('openai')));
    assert.ok(connections.length <= 9, `${connections.length}`);
  });

  test('that closed its connections meanwhile is called over a new one', async () => {
    const made = connections.length;
    for (const socket of connections) socket.destroy();
    assert.equal(await call('openai'), chatBody('secure'));
    assert.equal(connections.length, made + 1);
  });

  test('whom nobody vouches for is not called, and the trace says why', async () => {
    await assert.rejects(call('anthropic'), TypeError);
    assert.match(
      (await traces()).at(-1)?.incomplete ?? '',
      /^upstream unreachable \((?:DEPTH_ZERO_)?SELF_SIGNED_CERT/,
    );
  });
});
