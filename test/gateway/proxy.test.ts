import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { proxyFor } from '../../src/gateway/proxy.ts';
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

/** What a proxy that answers so is asked for, and what then comes through it; null where it is not asked. */
async function askedFor(answer: string, env: (proxy: string) => NodeJS.ProcessEnv) {
  const asked: string[] = [];
  let through = '';
  let failure: NodeJS.ErrnoException | null = null;
  const proxy = http.createServer();
  proxy.on('connect', (req, socket) => {
    asked.push(`${req.url} ${req.headers['proxy-authorization'] ?? ''}`.trim());
    socket.on('error', () => {}); // How it ends is the other side's business.
    socket.once('data', (bytes: Buffer) => {
      through = bytes.toString('latin1');
      socket.destroy();
    });
    socket.write(answer);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const upstream = createUpstream(env(`127.0.0.1:${(proxy.address() as AddressInfo).port}`));
  await new Promise<void>((resolve) => {
    const nothing = (): void => {};
    const listener = {
      ...{ keepsFrames: true, interim: nothing, head: nothing, body: nothing, drain: nothing },
      failed: (error: Error | null) => {
        failure = error;
        resolve();
      },
    };
    upstream.call(target, 'GET', ['Host', target.host, 'Authorization', 'Bearer sk-1'], listener).end();
  });
  upstream.close();
  proxy.closeAllConnections();
  proxy.close();
  return { asked: asked[0] ?? null, through, failure: failure as NodeJS.ErrnoException | null };
}

const agreed = 'HTTP/1.1 200 Connection Established\r\n\r\n';

test('a provider is reached through the proxy of the environment, which sees its name and nothing else', async () => {
  const { asked, through } = await askedFor(agreed, (proxy) => ({ HTTPS_PROXY: `http://${proxy}` }));
  assert.equal(asked, 'llm.invalid:443');
  // A TLS handshake that asks for the provider's own certificate.
  assert.equal(through.charCodeAt(0), 22);
  assert.match(through, /llm\.invalid/);
  assert.doesNotMatch(through, /sk-1|GET/);
});

test('a proxy is told who asks where its address says it', async () => {
  const { asked } = await askedFor(agreed, (proxy) => ({ https_proxy: `me:p%40ss@${proxy}` }));
  assert.equal(asked, `llm.invalid:443 Basic ${Buffer.from('me:p@ss').toString('base64')}`);
});

test('a proxy that refuses leaves the provider out of reach', async () => {
  const { through, failure } = await askedFor('HTTP/1.1 403 Forbidden\r\n\r\n', (proxy) => ({
    HTTPS_PROXY: `http://${proxy}`,
  }));
  assert.deepEqual([through, failure?.code], ['', 'ERR_PROXY_TUNNEL']);
  assert.match(failure?.message ?? '', /status 403/);
});

for (const [list, isExempt] of [
  ['llm.invalid', true],
  ['LLM.invalid:443', true],
  ['llm.invalid:8443', false],
  ['other, .invalid', true],
  ['*.invalid', true],
  ['invalid', false],
  ['xllm.invalid', false],
  ['*', true],
  ['', false],
] as const)
  test(`a NO_PROXY of "${list}" ${isExempt ? 'exempts' : 'does not exempt'} a provider of that name`, () => {
    const env = { HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: list };
    assert.equal(proxyFor(env, 'llm.invalid', 443) === null, isExempt);
  });

test('addresses are exempt one by one, by their range, and with their port', () => {
  const via = (list: string, host: string) =>
    proxyFor({ https_proxy: 'http://127.0.0.1:1', no_proxy: list }, host, 443) !== null;
  assert.deepEqual(
    [via('10.0.0.1', '10.0.0.1'), via('10.0.0.1-10.0.0.9', '10.0.0.5'), via('10.0.0.1-10.0.0.9', '10.0.1.5')],
    [false, false, true],
  );
  assert.deepEqual([via('::1', '::1'), via('[::1]', '::1'), via('[::1]:443', '::1')], [false, false, false]);
});
