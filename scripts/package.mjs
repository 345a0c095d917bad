// `npm run package [-- --target linux-x64] [-- --out FILE]`: one installable .vsix per platform, with that platform's
// onnxruntime and no other. Builds for this machine's platform unless told otherwise; every platform's binaries come with
// the npm package, so any of them can be packaged anywhere.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build, cache, installPackages, modernNode, root, run } from './setup.mjs';

const VSCE = '@vscode/vsce@4.1.0';
const binaries = 'node_modules/onnxruntime-node/bin/napi-v6';

const { values } = parseArgs({
  options: { target: { type: 'string' }, out: { type: 'string' }, built: { type: 'boolean' } },
});
const target = values.target ?? `${process.platform}-${process.arch}`;
const [system, machine] = target.split('-');

if (values.built !== true) {
  installPackages();
  build();
}
const folder = `${binaries}/${system}/${machine}`;
if (!existsSync(path.join(root, folder))) {
  console.error(`onnxruntime-node has no binaries for ${target}, so there is no package for it.`);
  process.exit(2);
}
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const out = path.resolve(values.out ?? path.join(root, `understudy-${target}-${version}.vsix`));

mkdirSync(cache, { recursive: true });
const ignoreFile = path.join(cache, `vscodeignore-${target}`);
const allowList = readFileSync(path.join(root, '.vscodeignore'), 'utf8');
writeFileSync(ignoreFile, `${allowList}\n!${folder}/**\n`);

const vsce = [installVsce(), 'package', '--target', target, '--out', out, '--ignoreFile', ignoreFile];
const result = spawnSync(
  modernNode(),
  [...vsce, '--allow-missing-repository', '--no-rewrite-relative-links'],
  {
    cwd: root,
    encoding: 'utf8',
  },
);
if (result.status !== 0) {
  console.error(`${result.stdout}${result.stderr}`);
  process.exit(1);
}
console.log(result.stdout.trim().split('\n').at(-1));

/** vsce wants a newer Node than the project, so it lives beside it and not among its dependencies. */
function installVsce() {
  const home = path.join(cache, 'vsce');
  const entry = path.join(home, 'node_modules/@vscode/vsce/vsce');
  const wanted = VSCE.split('@').at(-1);
  const manifest = path.join(home, 'node_modules/@vscode/vsce/package.json');
  if (!existsSync(manifest) || JSON.parse(readFileSync(manifest, 'utf8')).version !== wanted) {
    console.log('Installing the packager beside the project ...');
    mkdirSync(home, { recursive: true });
    // vsce is only run, by a Node of its own: npm's opinion on its engines does not matter here.
    run('npm', ['install', '--no-save', '--ignore-scripts', '--loglevel=error', '--prefix', home, VSCE]);
  }
  return entry;
}
