// `npm test`: set-up, types and format, every test, and the plain closing line. `--only unit|host` runs a part;
// further words are test files or folders.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setUp } from '../test/host/setup.mjs';
import { softwareVulkan } from '../test/host/vulkan.mjs';
import { build, installPackages, modernNode, root } from './setup.mjs';

const args = process.argv.slice(2);
const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : null;
const wanted = args.filter((a, i) => !a.startsWith('--') && args[i - 1] !== '--only');

installPackages();
const node = modernNode();
build();

let failed = 0;
let passed = 0;
let skipped = 0;
if (only === null && wanted.length === 0) {
  for (const check of [
    ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.'],
    ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'webview'],
    ['node_modules/@biomejs/biome/bin/biome', 'check', '.'],
  ]) {
    const result = spawnSync(process.execPath, check, { cwd: root, stdio: 'inherit' });
    if (result.status === 0) passed++;
    else failed++;
  }
}

if (only === null && wanted.length === 0) setUp(); // The browser's packages bring what some unit tests use, too.
if (only !== 'host') {
  const files = testFiles(wanted);
  const onDevice = files.filter((file) =>
    /^test\/(tensor|onnx)\/|^test\/student\/(deep|generator)/.test(file),
  );
  add(await runSuite(files.filter((file) => !onDevice.includes(file))));
  // Where there is no GPU, a software driver takes its place; an own one is never overruled.
  add(await runSuite(onDevice, existsSync('/dev/dri') ? {} : (softwareVulkan(node) ?? {})));
}
if ((only === null && wanted.length === 0) || only === 'host') {
  const host = path.join(root, 'test/host/run.mjs');
  if (existsSync(host)) add(await runHost(host));
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

function add(counts) {
  passed += counts.passed;
  failed += counts.failed;
  skipped += counts.skipped;
}

function testFiles(names) {
  const list = readdirSync(path.join(root, 'test'), { recursive: true })
    .map((f) => `test/${f.replaceAll('\\', '/')}`)
    .filter((f) => f.endsWith('.test.ts') && !f.includes('node_modules') && !f.startsWith('test/host/'));
  if (names.length === 0) return list.sort();
  return list
    .filter((f) => names.some((n) => f === n || f.startsWith(n.replace(/\/?$/, '/')) || f.includes(n)))
    .sort();
}

function runSuite(files, env = {}) {
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const concurrency = Math.max(1, Math.min(4, os.availableParallelism() - 1));
  const reporter = path.join(root, 'test/support/reporter.mjs');
  const argv = [
    '--disable-warning=ExperimentalWarning',
    '--expose-gc',
    '--test',
    `--test-concurrency=${concurrency}`,
    '--test-timeout=300000',
    `--test-reporter=${reporter}`,
    '--test-reporter-destination=stdout',
    ...files,
  ];
  return collect(
    spawn(node, argv, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1', ...env },
    }),
  );
}

function runHost(file) {
  return collect(spawn(process.execPath, [file], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] }));
}

/** Passes the output on, except for the closing `N passed, ...` line, which it returns as numbers. */
function collect(child) {
  return new Promise((resolve) => {
    let counts = null;
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        const match = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line);
        if (match) counts = { passed: +match[1], failed: +match[2], skipped: +match[3] };
        else console.log(line);
      }
    });
    child.on('close', (code) => resolve(counts ?? { passed: 0, failed: code === 0 ? 0 : 1, skipped: 0 }));
  });
}
