import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { defaultSettings } from '../../src/app/settings.ts';

const root = path.resolve(import.meta.dirname, '../..');
const text = readFileSync(path.join(root, 'package.json'), 'utf8');
const manifest = JSON.parse(text) as {
  readonly main: string;
  readonly icon: string;
  readonly engines: { readonly vscode: string };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly category: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string }[]>>;
    readonly configuration: {
      readonly properties: Readonly<Record<string, { readonly default: unknown; readonly scope: string }>>;
    };
    readonly walkthroughs: readonly {
      readonly steps: readonly { readonly media: { readonly svg: string } }[];
    }[];
  };
};
const titles = JSON.parse(readFileSync(path.join(root, 'package.nls.json'), 'utf8')) as Record<
  string,
  string
>;
const contributed = manifest.contributes.commands.map((entry) => entry.command).sort();

/** Commands that the source registers: the table of actions, and those named in full. */
function registered(): string[] {
  const folder = path.join(root, 'src/vscode');
  const source = readdirSync(folder).map((file) => readFileSync(path.join(folder, file), 'utf8'));
  const named = source.flatMap((code) => [...code.matchAll(/\bregister\(\s*'(understudy\.[\w.]+)'/g)]);
  const table = /progressOf[^=]*= \{([\s\S]*?)\n\};/.exec(
    source.find((code) => code.includes('progressOf:')) ?? '',
  );
  const actions = [...(table?.[1] ?? '').matchAll(/^ {2}'([\w.]+)':/gm)];
  return [...named.map((match) => match[1]!), ...actions.map((match) => `understudy.${match[1]}`)].sort();
}

test('every command in the palette is registered, and every registered one is in the palette', () => {
  assert.ok(contributed.length > 15);
  assert.deepEqual(registered(), contributed);
});

test('commands have our category, and menus name commands that exist', () => {
  assert.ok(manifest.contributes.commands.every((entry) => entry.category === 'Understudy'));
  for (const entry of Object.values(manifest.contributes.menus).flat())
    assert.ok(contributed.includes(entry.command));
});

test('every title is in the table of texts, and every text is used', () => {
  const used = [...text.matchAll(/"%([\w.-]+)%"/g)].map((match) => match[1]!);
  assert.deepEqual([...new Set(used)].sort(), Object.keys(titles).sort());
  assert.ok(Object.values(titles).every((value) => value.trim() !== ''));
});

test('settings have the defaults of the app, and nothing the workspace says can redirect a key', () => {
  const { properties } = manifest.contributes.configuration;
  for (const [name, value] of Object.entries(defaultSettings)) {
    assert.deepEqual(properties[`understudy.${name}`]?.default, value, name);
  }
  assert.equal(properties['understudy.upstreams']?.scope, 'machine');
});

test('pictures and the entry point are where the manifest says', () => {
  const pictures = manifest.contributes.walkthroughs.flatMap(({ steps }) =>
    steps.map(({ media }) => media.svg),
  );
  for (const file of [manifest.icon, ...pictures]) assert.ok(existsSync(path.join(root, file)), file);
  assert.equal(manifest.main, './dist/extension.cjs');
});

test('the types of the editor are not newer than the oldest editor it runs in', () => {
  assert.equal(`^${manifest.devDependencies['@types/vscode']}`, manifest.engines.vscode);
});

test('the pictures of the walkthrough bring no style of their own: the page that shows them takes none', () => {
  for (const { steps } of manifest.contributes.walkthroughs)
    for (const { media } of steps)
      assert.doesNotMatch(readFileSync(path.join(root, media.svg), 'utf8'), /<style|\bstyle=|\bclass=/);
});
