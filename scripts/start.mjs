// `npm start`: set-up, then the main job on the embedded teacher.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { build, installPackages, root } from './setup.mjs';

installPackages();
build();
const child = spawn(
  process.execPath,
  [path.join(root, 'dist/understudy.cjs'), 'demo', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
// The terminal sends Ctrl+C to the whole group; the demo cleans up, we only wait for it.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 130 : (code ?? 1)));
