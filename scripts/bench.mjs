// `npm run bench -- <name> [options]`: runs test/bench/<name>.ts, which prints machine-readable JSON.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build, installPackages, modernNode, root } from './setup.mjs';

const [name, ...rest] = process.argv.slice(2);
const file = path.join(root, 'test/bench', `${name}.ts`);
if (name === undefined || !existsSync(file)) {
  const names = readdirSync(path.join(root, 'test/bench'))
    .filter((f) => f.endsWith('.ts'))
    .map((f) => f.slice(0, -3));
  console.error(`Which benchmark? One of: ${names.join(', ')}`);
  process.exit(2);
}
if (rest.includes('--help')) {
  // What a benchmark measures and takes stands above it.
  const [, words = ''] = /^\/\*\*\n([\s\S]*?)\n \*\//m.exec(readFileSync(file, 'utf8')) ?? [];
  console.log(words.replaceAll(/^ \* ?/gm, '').replaceAll('`', ''));
  process.exit(0);
}
installPackages();
build();
const env = { ...process.env, ORT_DISABLE_TELEMETRY: '1' };
const result = spawnSync(
  modernNode(),
  ['--disable-warning=ExperimentalWarning', '--expose-gc', file, ...rest],
  { cwd: root, stdio: 'inherit', env },
);
process.exit(result.status ?? 1);
