// The tests that need a real workbench: sets it up, packages the extension, runs them, and ends with the plain line.
// Plain Node 20; the tests run on the Node of the extension host.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cache, root } from '../../scripts/setup.mjs';
import { setUp } from './setup.mjs';

const tests = ['test/host/package.test.mjs', 'test/host/views.test.mjs', 'test/host/loop.test.mjs'];

const tools = setUp();
if (!tools.ok) {
  console.log(`skipped: the tests in a real workbench (${tools.reason})`);
  console.log(`0 passed, 0 failed, ${tests.length} skipped`);
  process.exit(0);
}
const vsix = path.join(cache, 'understudy-test.vsix');
const packaged = spawnSync(process.execPath, ['scripts/package.mjs', '--built', '--out', vsix], {
  cwd: root,
  encoding: 'utf8',
});
if (packaged.status !== 0) {
  console.log(`FAILED packaging\n${packaged.stdout}${packaged.stderr}`);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}
mkdirSync(path.join(root, 'out'), { recursive: true });
const settings = path.join(cache, 'host-tools.json');
writeFileSync(settings, JSON.stringify({ ...tools, vsix, out: path.join(root, 'out') }));

const wanted = process.argv.slice(2);
const files = wanted.length > 0 ? tests.filter((file) => wanted.some((name) => file.includes(name))) : tests;
const child = spawn(
  tools.node,
  [
    '--disable-warning=ExperimentalWarning',
    '--test',
    '--test-concurrency=1',
    '--test-timeout=300000',
    `--test-reporter=${path.join(root, 'test/support/reporter.mjs')}`,
    '--test-reporter-destination=stdout',
    ...files,
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, UNDERSTUDY_HOST_TOOLS: settings } },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
