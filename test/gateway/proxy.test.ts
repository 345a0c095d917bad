import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createUpstream } from '../../src/gateway/upstream.ts';

const target = {
  origin: 'https://llm.invalid',
  secure: true,
  hostname: 'llm.invalid',
  port: 443,
  host: 'llm.invalid',
  path: '/v1/models',
  provider: 'openai',
} as const;

/** What a proxy is asked for when an upstream is opened in that environment; null where it is not asked. */
async function askedFor(env: (proxy: string) => NodeJS.ProcessEnv): Promise<string | null> {
  let asked: string | null = null;
  const proxy = http.createServer();
  proxy.on('connect', (req, socket) => {
    asked = req.url ?? '';
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const upstream = createUpstream(env(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`));
  await new Promise<void>((resolve) => {
    const nothing = (): void => {};
    const listener = {
      keepsFrames: true,
      interim: nothing,
      head: nothing,
      body: nothing,
      drain: nothing,
      failed: () => resolve(),
    };
    upstream.call(target, 'GET', ['Host', target.host], listener).end();
  });
  upstream.close();
  proxy.close();
  return asked;
}

test('a provider is reached through the proxy of the environment', async () => {
  assert.equal(await askedFor((proxy) => ({ HTTPS_PROXY: proxy })), 'llm.invalid:443');
});

test('a provider that NO_PROXY names is reached directly', async () => {
  assert.equal(await askedFor((proxy) => ({ https_proxy: proxy, no_proxy: 'llm.invalid' })), null);
});
