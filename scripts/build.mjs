// Builds everything that ships: extension, gateway, worker, command line (Node, CommonJS or ESM) and the webview (browser).
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build, context } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');
const watch = process.argv.includes('--watch');
process.chdir(root);
rmSync('dist', { recursive: true, force: true });

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const common = {
  define: { __VERSION__: JSON.stringify(version) },
  bundle: true,
  sourcemap: false,
  logLevel: 'warning',
  legalComments: 'none',
};
const node = {
  ...common,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['vscode', 'onnxruntime-node'],
};
// onnxruntime reports to its vendor unless this is set before its native library loads; imports are hoisted, so a banner.
const noTelemetry = { js: "process.env.ORT_DISABLE_TELEMETRY = '1';" };

const targets = [
  {
    ...node,
    entryPoints: { extension: 'src/extension.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
  },
  {
    ...node,
    entryPoints: { gateway: 'src/gateway/main.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
  },
  {
    ...node,
    entryPoints: { worker: 'src/worker/main.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    banner: noTelemetry,
  },
  {
    ...node,
    entryPoints: { trainer: 'src/worker/trainer.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
  },
  {
    ...node,
    entryPoints: { understudy: 'src/cli/main.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
  },
  {
    ...common,
    entryPoints: { sidebar: 'webview/main.ts', report: 'webview/report.ts' },
    outdir: 'dist/webview',
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    minify: true,
    loader: { '.ttf': 'file' },
  },
].filter((target) => Object.values(target.entryPoints).every((file) => existsSync(file)));

if (watch) {
  for (const target of targets) await (await context(target)).watch();
} else {
  await Promise.all(targets.map((target) => build(target)));
}
mkdirSync('dist', { recursive: true });
cpSync('node_modules/sql.js/dist/sql-wasm.wasm', 'dist/sql-wasm.wasm');
mkdirSync('dist/webview', { recursive: true });
for (const file of readdirSync('node_modules/@vscode/codicons/dist')) {
  if (/^codicon\.(css|ttf)$/.test(file))
    cpSync(`node_modules/@vscode/codicons/dist/${file}`, `dist/webview/${file}`);
}
