import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { readAddress } from '../../src/gateway/address.ts';
import { type FakeTeacher, startFakeTeacher } from '../support/fakeTeacher.ts';
import { sendRaw } from '../support/rawHttp.ts';
import { startTestGateway, type TestGateway, testToken } from '../support/testGateway.ts';

let teacher: FakeTeacher;
let gateway: TestGateway;

before(async () => {
  teacher = await startFakeTeacher();
  gateway = await startTestGateway({ upstreams: { openai: teacher.url } });
});
after(async () => {
  await gateway.close();
  await teacher.close();
});

const request = (path: string, headers: string) =>
  sendRaw(gateway.port, `GET ${path} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`);
const path = `/${testToken}/openai/v1/models`;
const host = () => `Host: 127.0.0.1:${gateway.port}\r\n`;

test('who has the token comes through', async () => {
  const { text } = await request(path, host());
  assert.match(text, /^HTTP\/1\.1 200/);
  assert.equal(teacher.seen.length, 1);
  teacher.seen.length = 0;
});

for (const [title, target, headers] of [
  ['a wrong token', path.replace('0123', '0124'), host],
  ['no token', '/openai/v1/models', host],
  ['a shorter token', path.replace('0123', '012'), host],
  ['a token with something behind it', path.replace(testToken, `${testToken}x`), host],
  ['an unknown provider', `/${testToken}/elsewhere/v1/models`, host],
  ['a foreign host name', path, () => `Host: evil.example:${gateway.port}\r\n`],
  ['another port in the host name', path, () => 'Host: 127.0.0.1:1\r\n'],
  ['a web page', path, () => `${host()}Origin: https://evil.example\r\n`],
  ['a local web page', path, () => `${host()}Origin: null\r\n`],
] as const) {
  test(`${title} gets 403 and reaches no upstream`, async () => {
    const { text } = await request(target, headers());
    assert.match(text, /^HTTP\/1\.1 403/);
    assert.equal(teacher.seen.length, 0);
  });
}

test('a websocket with a wrong token or from a web page gets 403', async () => {
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  const wrong = await sendRaw(gateway.port, `GET /x${path} HTTP/1.1\r\n${host()}${upgrade}`);
  const page = await sendRaw(
    gateway.port,
    `GET ${path} HTTP/1.1\r\n${host()}Origin: https://e\r\n${upgrade}`,
  );
  assert.match(wrong.text, /^HTTP\/1\.1 403/);
  assert.match(page.text, /^HTTP\/1\.1 403/);
  assert.equal(teacher.seen.length, 0);
});

test('a websocket is tunnelled in both directions', async (t) => {
  const server = http.createServer();
  server.on('upgrade', (req, socket, head) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Path: ${req.url}\r\n\r\nwelcome;`,
    );
    socket.write(head);
    socket.on('data', (chunk: Buffer) => {
      socket.write(chunk.toString('latin1').toUpperCase(), 'latin1');
      if (chunk.includes('bye')) socket.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const local = await startTestGateway({
    upstreams: { openai: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
  });
  t.after(async () => {
    await local.close();
    server.close();
    server.closeAllConnections();
  });
  const answer = await sendRaw(
    local.port,
    `GET /${testToken}/openai/v1/realtime?model=m HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst;bye`,
  );
  assert.equal(
    answer.text,
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Path: /v1/realtime?model=m\r\n\r\nwelcome;FIRST;BYE',
  );
});

test('an upgrade that the teacher declines gets the answer it gave', async () => {
  const { text } = await sendRaw(
    gateway.port,
    `GET ${path} HTTP/1.1\r\n${host()}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  );
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n[\s\S]*"content":"teacher"/);
});

test('an address is a token, a provider and a path that stays as it is', () => {
  assert.deepEqual(readAddress(`/${testToken}/openai/v1//x%2Fy?a=%20&b`, testToken), {
    provider: 'openai',
    path: '/v1//x%2Fy?a=%20&b',
  });
  assert.deepEqual(readAddress(`/${testToken}/ollama?x`, testToken), { provider: 'ollama', path: '/?x' });
  assert.deepEqual(readAddress(`/${testToken}/anthropic/messages?beta=true`, testToken), {
    provider: 'anthropic',
    path: '/v1/messages?beta=true',
  });
  assert.equal(readAddress(`/${testToken}`, testToken), null);
});
