import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { completeUpstreams } from '../../src/gateway/control.ts';
import type { TeacherCall } from '../../src/gateway/teacherCall.ts';
import { createUpstream, type Upstream } from '../../src/gateway/upstream.ts';
import { type Target, targetOf } from '../../src/gateway/upstreams.ts';

/** A teacher that counts its connections and may say how long it keeps them. */
async function counting(keepAlive: string | null) {
  let connections = 0;
  const server = http.createServer((req, res) => {
    req.resume();
    if (keepAlive !== null) res.setHeader('Keep-Alive', keepAlive);
    res.setHeader('Connection', 'keep-alive');
    res.end('{}');
  });
  server.keepAliveTimeout = 0;
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const target = targetOf(completeUpstreams({ openai: `http://127.0.0.1:${port}` }), 'openai', '/v1/models');
  if (typeof target === 'string') throw new Error(target);
  return { target, server, connections: () => connections };
}

/** Makes a call and waits for its whole answer. */
function ask(upstream: Upstream, target: Target, told = (_: Buffer): void => {}): Promise<TeacherCall> {
  return new Promise((resolve, reject) => {
    const call = upstream.call(target, 'GET', ['Host', target.host], {
      keepsFrames: true,
      interim: () => {},
      head: () => {},
      drain: () => {},
      // Its connection is free when this is over.
      body: (bytes, isLast) => {
        if (bytes.length > 0) told(bytes);
        if (isLast) setImmediate(() => resolve(call));
      },
      failed: reject,
    });
    call.end();
  });
}

for (const [title, keepAlive, expected] of [
  ['calls that follow one another share a connection', null, 1],
  ['a connection that is kept long enough is used again', 'timeout=5, max=100', 1],
  ['a connection that is about to be closed is not', 'timeout=1', 5],
] as const) {
  test(title, async () => {
    const teacher = await counting(keepAlive);
    const upstream = createUpstream();
    for (let i = 0; i < 5; i++) {
      await ask(upstream, teacher.target);
    }
    assert.equal(teacher.connections(), expected);
    upstream.close();
    teacher.server.close();
    await once(teacher.server, 'close');
  });
}

test('calls at the same time have connections of their own, and teachers never share one', async () => {
  const teachers = [await counting(null), await counting(null)];
  const upstream = createUpstream();
  for (let round = 0; round < 2; round++) {
    await Promise.all(
      teachers.flatMap(({ target }) =>
        Array.from({ length: 3 }, async () => {
          const { isReused } = await ask(upstream, target);
          assert.equal(isReused, round === 1);
        }),
      ),
    );
  }
  assert.deepEqual(
    teachers.map(({ connections }) => connections()),
    [3, 3],
  );
  upstream.close();
  for (const { server } of teachers) server.close();
});

for (const [title, pauseMs] of [
  ['with it', 0],
  ['while nobody asks', 5],
] as const)
  test(`a connection on which more than an answer came, ${title}, answers nobody else`, async () => {
    const closed: Promise<unknown>[] = [];
    const answer = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const server = net.createServer((socket) => {
      const own = `own ${closed.push(once(socket, 'close'))}`;
      socket.on('error', () => {}); // The other side closes it in the middle.
      socket.on('data', () => {
        const smuggled = answer('smuggled');
        if (pauseMs === 0) socket.write(answer(own) + smuggled);
        else socket.write(answer(own), () => setTimeout(() => socket.write(smuggled), pauseMs));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const target = targetOf(
      completeUpstreams({ openai: `http://127.0.0.1:${port}` }),
      'openai',
      '/v1/models',
    );
    if (typeof target === 'string') throw new Error(target);
    const upstream = createUpstream();
    const bodies: string[] = [];
    for (let i = 0; i < 3; i++) {
      await ask(upstream, target, (bytes) => bodies.push(bytes.toString()));
      await closed[i];
    }
    assert.deepEqual(bodies, ['own 1', 'own 2', 'own 3']);
    upstream.close();
    server.close();
  });
