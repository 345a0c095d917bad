import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

/** The house rules of ARCHITECTURE.md, checked by reading every import of the tree. */

const root = path.resolve(import.meta.dirname, '..');

/** unit -> what it may import. `(types)` means `import type` only; a path names a single module of a unit. */
const allowed: Record<string, readonly string[]> = {
  base: [],
  wire: ['base'],
  tensor: ['base'],
  evaluation: ['base', 'wire'],
  traces: ['base', 'wire'],
  tasks: ['base', 'wire', 'traces (types)'],
  capabilities: ['base', 'wire', 'traces (types)', 'tasks'],
  dataset: ['base', 'wire', 'traces (types)', 'tasks', 'capabilities (types)', 'capabilities/tombstone'],
  onnx: ['base', 'tensor'],
  student: ['base', 'wire (types)', 'capabilities/reading', 'dataset', 'tensor', 'onnx', 'evaluation'],
  teacher: ['base', 'wire'],
  routing: [
    'base',
    'wire',
    'tasks',
    'capabilities (types)',
    'capabilities/request',
    'evaluation',
    'dataset (types)',
  ],
  gateway: [
    'base',
    'wire',
    'traces',
    'tasks',
    'routing',
    'worker/client',
    'worker/protocol (types)',
    'dataset (types)',
    'dataset/input',
    'evaluation (types)',
    'evaluation/compare',
  ],
  worker: ['base', 'wire', 'tasks', 'capabilities', 'dataset', 'student', 'evaluation', 'onnx', 'traces'],
  app: [
    'base',
    'protocol',
    'wire',
    'traces',
    'tasks',
    'capabilities',
    'dataset',
    'evaluation',
    'routing',
    'gateway',
    'worker/client',
    'worker/protocol (types)',
    'student (types)',
    'student/format',
    'webview/charts',
  ],
  cli: [
    'base',
    'app',
    'protocol',
    'teacher',
    'traces',
    'wire',
    'evaluation',
    'student (types)',
    'tasks (types)',
    'capabilities (types)',
  ],
  vscode: ['base', 'app', 'protocol'],
  extension: ['vscode', 'app', 'base'],
  protocol: [
    'base (types)',
    'capabilities (types)',
    'evaluation (types)',
    'routing (types)',
    'student (types)',
    'tasks (types)',
  ],
};

/** Foreign modules and their only addresses. */
const addresses: Record<string, readonly string[]> = {
  vscode: ['vscode/', 'extension.ts'],
  'onnxruntime-node': ['onnx/'],
  'sql.js': ['traces/'],
  'node:http': ['gateway/', 'teacher/'],
  'node:https': ['gateway/'],
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'));

const imports: Import[] = files.flatMap((from) => importsOf(from));

test('every folder imports only what its row of the table allows', () => {
  const broken = imports.filter((i) => i.to.startsWith('src/')).filter((i) => !isAllowed(i));
  assert.deepEqual(broken.map(describe), []);
});

test('foreign modules have one address each', () => {
  const broken = imports.filter(
    (i) => addresses[i.to]?.every((address) => !i.from.startsWith(address)) ?? false,
  );
  assert.deepEqual(broken.map(describe), []);
});

test('no module imports itself through others', () => {
  assert.deepEqual(cycles(imports.filter((i) => !i.typeOnly)), []);
});

test('from extension.ts no chain of value imports reaches onnx/', () => {
  // A bundle's format is a number, and whoever shows a card has to know it.
  const reached = [...reach('extension.ts')].filter((file) => file !== 'student/format.ts');
  assert.deepEqual(
    reached.filter((file) => ['onnx/', 'student/', 'tensor/'].some((room) => file.startsWith(room))),
    [],
  );
});

test('no file is a barrel, a default export, or any', () => {
  const broken = files.filter((file) => {
    const text = read(file);
    return (
      /^export \* from/m.test(text) ||
      /^export default/m.test(text) ||
      /[:<]\s*any\b/.test(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''))
    );
  });
  assert.deepEqual(broken, []);
});

test('an empty catch says why', () => {
  const broken = files.filter((file) => /catch\s*(\([^)]*\))?\s*\{\s*\}/.test(read(file)));
  assert.deepEqual(broken, []);
});

function read(file: string): string {
  return readFileSync(path.join(root, 'src', file), 'utf8');
}

function importsOf(from: string): Import[] {
  const found: Import[] = [];
  const pattern = /^\s*(?:import|export)\s+(type\s+)?(?:[\s\S]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;
  for (const match of read(from).matchAll(pattern)) {
    const target = match[2] ?? match[3] ?? '';
    const to = target.startsWith('.')
      ? `src/${path.posix.normalize(path.posix.join(path.posix.dirname(from), target))}`
      : target;
    found.push({ from, to, typeOnly: match[1] !== undefined });
  }
  return found;
}

function unitOf(file: string): string {
  const first = file.split('/')[0] ?? '';
  return first.endsWith('.ts') ? first.slice(0, -3) : first;
}

function isAllowed({ from, to, typeOnly }: Import): boolean {
  const target = to.slice('src/'.length);
  const [here, there] = [unitOf(from), unitOf(target)];
  if (here === there) return true;
  const row = allowed[here];
  assert.ok(row, `${here} is not in the import table`);
  return row.some((entry) => {
    const [name, limit] = entry.split(' ');
    // The charts of the browser side are pure text functions that the report uses too.
    const matches = name === there || `${name}.ts` === target || target.startsWith(`../${name}/`);
    return matches && (limit === undefined || typeOnly);
  });
}

function cycles(edges: readonly Import[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to.replace('src/', '')]);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) {
      found.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
      return;
    }
    if (done.has(file)) return;
    for (const target of next.get(file) ?? []) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return found;
}

function reach(start: string): Set<string> {
  const seen = new Set<string>([start]);
  const queue = [start];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    for (const i of imports) {
      const target = i.to.replace('src/', '');
      if (i.from !== file || i.typeOnly || !i.to.startsWith('src/') || seen.has(target)) continue;
      seen.add(target);
      queue.push(target);
    }
  }
  return seen;
}

function describe({ from, to, typeOnly }: Import): string {
  return `${from} imports ${typeOnly ? 'types of ' : ''}${to}`;
}
