import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { root } from '../support/cli.ts';

/** The whole demo in a network of its own that has nothing but loopback: it works, and looks up no name. */

const folder = mkdtempSync(path.join(os.tmpdir(), 'understudy-offline-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const names = path.join(folder, 'names');
const resolv = path.join(folder, 'resolv.conf');
writeFileSync(resolv, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');

/** Runs a shell line in the namespace, with a name server that writes down every question. */
function offline(line: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const script = `
    ip link set lo up && mount --bind ${resolv} /etc/resolv.conf || exit 97
    ${process.execPath} ${path.join(root, 'test/support/nameServer.mjs')} ${names} &
    server=$!
    for i in $(seq 100); do [ -f ${names} ] && break; sleep 0.05; done
    ${line}
    code=$?
    kill $server
    exit $code`;
  const child = spawn('unshare', ['--net', '--mount', 'bash', '-c', script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

const isPossible =
  process.platform === 'linux' &&
  spawnSync('unshare', ['--net', '--mount', 'bash', '-c', 'command -v ip && ip link set lo up']).status === 0;

test('the only outbound connections are the configured upstreams', {
  skip: isPossible ? false : 'needs root, unshare and ip to make a network of its own',
  timeout: 280_000,
}, async () => {
  const report = path.join(folder, 'report.html');
  const ran = await offline(`${process.execPath} dist/understudy.cjs demo --report ${report}`);
  assert.equal(ran.code, 0, ran.stderr);
  assert.equal(readFileSync(names, 'utf8'), '');

  assert.match(ran.stdout, /Of 500 further calls the students answered \d+/);
  assert.match(ran.stdout, /offered and never fired: .*order_checks/);
  assert.match(ran.stdout, /Stay with the teacher: The answers are free text/);
  const page = readFileSync(report, 'utf8');
  assert.match(page, /^<!doctype html>/i);
  const outside = [...page.matchAll(/(?:src|href)="(https?:[^"]+)"/g)].map((m) => m[1]);
  assert.deepEqual(outside, []);
});

test('the name server of this test sees a look-up', { skip: isPossible ? false : 'as above' }, async () => {
  rmSync(names, { force: true });
  await offline(`${process.execPath} -e "require('dns').lookup('example.org', () => {})"`);
  assert.match(readFileSync(names, 'utf8'), /example\.org/);
});
