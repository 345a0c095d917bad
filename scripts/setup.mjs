// Brings a fresh clone to the point where it can run: npm packages, and a Node that runs TypeScript where ours is too old.
// Plain Node 20 without dependencies. Every step is skipped when its result is already there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '..');
export const cache = path.join(root, '.cache');
const NODE_VERSION = '24.21.0';

/** Runs a command to its end; ends this process with its status when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    ...options,
  });
  if (result.error) throw result.error;
  if (result.status !== 0) process.exit(result.status ?? 1);
  return result;
}

/** Installs the packages of a folder when its lock file has changed since the last time. */
export function installPackages(folder = root, extra = []) {
  const lock = path.join(folder, 'package-lock.json');
  const manifest = path.join(folder, 'package.json');
  const wanted = createHash('sha256')
    .update(readFileSync(existsSync(lock) ? lock : manifest))
    .digest('hex');
  const mark = path.join(folder, 'node_modules', '.understudy-installed');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  console.log(`Installing packages${folder === root ? '' : ` of ${path.relative(root, folder)}`} ...`);
  const verb = existsSync(lock) ? 'ci' : 'install';
  // The install script of onnxruntime-node would download CUDA libraries; the CPU and WebGPU ones are in the package.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  run('npm', [verb, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...extra], {
    cwd: folder,
    env,
  });
  writeFileSync(mark, wanted);
}

/** A Node that runs TypeScript by itself (22.18 or newer): this one, or the platform's package from npm. */
export function modernNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 18) ? process.execPath : pinnedNode();
}

/** Exactly the Node that VS Code's extension host has: the platform's package from npm, with its headers. */
export function pinnedNode() {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = path.join(cache, 'node');
  const binary = path.join(
    folder,
    'node_modules',
    name,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  if (!existsSync(binary)) {
    console.log(`Installing Node ${NODE_VERSION} beside the project ...`);
    mkdirSync(folder, { recursive: true });
    run('npm', [
      'install',
      '--no-save',
      '--ignore-scripts',
      '--loglevel=error',
      '--prefix',
      folder,
      `${name}@${NODE_VERSION}`,
    ]);
  }
  return binary;
}

/** Builds dist/ when a source is newer than the last build. */
export function build() {
  run(process.execPath, ['scripts/build.mjs']);
}
