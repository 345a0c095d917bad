// `npm run -s understudy -- <command>`: the headless front.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { build, installPackages, root } from './setup.mjs';

installPackages();
if (!existsSync(path.join(root, 'dist/understudy.cjs'))) build();
const child = spawn(process.execPath, [path.join(root, 'dist/understudy.cjs'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 130 : (code ?? 1)));
