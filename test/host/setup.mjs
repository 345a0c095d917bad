// Brings the test workbench: a browser and build tools from apt, code-server and playwright-core from npm, built with the
// headers of the Node that runs them. Every step is skipped when its result is there. Plain Node 20.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cache, pinnedNode } from '../../scripts/setup.mjs';
import { unpackMesa } from './vulkan.mjs';

const here = import.meta.dirname;
const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome'];

/** What of Debian is needed, and how to see that it is there. libkrb5-dev: code-server builds `kerberos`. */
const debian = [
  { name: 'chromium', there: () => browser() !== null },
  { name: 'fonts-dejavu-core', there: () => existsSync('/usr/share/fonts/truetype/dejavu') },
  { name: 'libkrb5-dev', there: () => onPath('krb5-config') !== null },
  { name: 'g++', there: () => onPath('g++') !== null },
  { name: 'make', there: () => onPath('make') !== null },
  { name: 'python3', there: () => onPath('python3') !== null },
  // The Vulkan loader: with a software driver it lets WebGPU be tested where there is no GPU.
  {
    name: 'libvulkan1',
    there: () => existsSync('/usr/lib/x86_64-linux-gnu/libvulkan.so.1') || process.arch !== 'x64',
  },
  { name: 'iproute2', there: () => onPath('ip') !== null },
];

/**
 * Sets everything up. Returns the programs to run, or the reason why this machine cannot have them (then the tests are
 * skipped with that reason).
 */
export function setUp() {
  if (process.platform !== 'linux') return { ok: false, reason: 'the test workbench runs on Linux only' };
  const missing = debian.filter((item) => !item.there()).map((item) => item.name);
  if (missing.length > 0) {
    const failure = aptInstall(missing);
    if (failure !== null) return { ok: false, reason: failure };
  }
  const noMesa = unpackMesa(aptInstall);
  if (noMesa !== null) console.log(`Half precision is not tested without Mesa's Vulkan driver: ${noMesa}.`);
  const node = pinnedNode();
  const failure = installCodeServer(node);
  if (failure !== null) return { ok: false, reason: failure };
  return {
    ok: true,
    node,
    codeServer: path.join(here, 'node_modules/code-server/out/node/entry.js'),
    chromium: browser(),
  };
}

function aptInstall(names) {
  const list = names.join(', ');
  if (onPath('apt-get') === null) return `${list} missing, and there is no apt-get to install with`;
  if (process.getuid?.() !== 0)
    return `${list} missing, and installing needs root (apt-get install ${names.join(' ')})`;
  console.log(`Installing ${list} ...`);
  const options = ['-y', '-qq', '-o', 'DPkg::Lock::Timeout=300'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', [...options, 'update'], { env, stdio: 'ignore' });
  const install = spawnSync('apt-get', [...options, 'install', '--no-install-recommends', ...names], {
    env,
    encoding: 'utf8',
  });
  if (install.status !== 0) return `apt-get install failed: ${lastLine(install.stderr)}`;
  return null;
}

function installCodeServer(node) {
  const mark = path.join(here, 'node_modules', '.understudy-installed');
  const wanted = `${readFileSync(path.join(here, 'package.json'), 'utf8')}${node}`;
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return null;
  console.log('Installing the test workbench (about two minutes, once) ...');
  const log = path.join(cache, 'code-server-build.log');
  mkdirSync(cache, { recursive: true });
  // nodedir: node-gyp takes the headers that came with this Node and downloads none.
  const env = {
    ...withoutOuterNpm(),
    PATH: `${path.dirname(node)}:${process.env.PATH}`,
    npm_config_nodedir: path.resolve(path.dirname(node), '..'),
    npm_config_build_from_source: 'kerberos',
    JOBS: String(Math.max(1, os.availableParallelism() - 1)),
  };
  const result = spawnSync('npm', ['install', '--omit=dev', '--foreground-scripts', '--loglevel=error'], {
    cwd: here,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  writeFileSync(log, `${result.stdout}\n${result.stderr}`);
  if (result.status !== 0) return `installing code-server failed (${path.relative(process.cwd(), log)})`;
  writeFileSync(mark, wanted);
  return null;
}

/** The environment without what the npm that runs us says of itself: code-server reads its Node's version there. */
function withoutOuterNpm() {
  const own = ([name]) => name !== 'npm_config_user_agent' && !/^npm_(?!config_)/.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(own));
}

function browser() {
  for (const name of CHROMIUM) {
    const found = onPath(name);
    if (found !== null) return found;
  }
  return null;
}

function onPath(name) {
  for (const folder of `${process.env.PATH ?? ''}:/usr/sbin:/sbin`.split(':')) {
    if (folder !== '' && existsSync(path.join(folder, name))) return path.join(folder, name);
  }
  return null;
}

function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? '';
}
