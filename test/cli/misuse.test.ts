import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { root, understudy } from '../support/cli.ts';

const misuses: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['an unknown command', ['fly'], /Unknown command "fly"/],
  ['a word that every object knows', ['constructor'], /Unknown command "constructor"/],
  ['an unknown option', ['replay', '--wings'], /Unknown option '--wings'/],
  [
    'a traffic file that does not exist',
    ['replay', '--traffic', 'nowhere.jsonl.gz'],
    /There is no file nowhere\.jsonl\.gz/,
  ],
  [
    'a report into no folder',
    ['replay', '--traffic', 'package.json', '--report', 'nowhere/report.json'],
    /There is no folder .*nowhere to write nowhere\/report\.json to/,
  ],
  [
    'predictions into a folder',
    ['replay', '--traffic', 'package.json', '--predictions', 'src'],
    /src is a folder/,
  ],
  ['no traffic at all', ['replay'], /--traffic names the file/],
  [
    'a number out of range',
    ['replay', '--traffic', 'package.json', '--epsilon', '2'],
    /--epsilon takes a number from/,
  ],
  [
    'a share of new kinds that is none',
    ['replay', '--traffic', 'package.json', '--new-kinds', 'many'],
    /--new-kinds takes auto or a number from 0 to 0\.9/,
  ],
  [
    'a device that is none',
    ['replay', '--traffic', 'package.json', '--device', 'abacus'],
    /--device takes one of auto, cpu, webgpu/,
  ],
  ['an upstream without an address', ['serve', '--upstream', 'openai=nowhere'], /not an http\(s\) address/],
  [
    'an upstream of nobody',
    ['serve', '--upstream', 'acme=http://127.0.0.1:1'],
    /--upstream takes PROVIDER=URL/,
  ],
  ['an import without a file', ['import'], /Which file\?/],
  ['a deletion of nothing', ['delete'], /Name one of --trace, --task and --all/],
  ['a deletion of two things', ['delete', '--all', '--task', 'x'], /Name one of/],
  [
    'a redaction of nothing known',
    ['preview', 'package.json', '--redact', 'names'],
    /--redact takes some of emails/,
  ],
  ['a pattern without a name', ['import', 'package.json', '--redact-pattern', 'x'], /takes NAME=REGEX/],
  ['training of nothing', ['train'], /Which task\?/],
  ['a word too many', ['tasks', 'all'], /"all" is one word too many/],
  ['a mode that is none', ['mode', 'task-1', 'perhaps'], /one of off, shadow, canary, on/],
];

for (const [what, args, message] of misuses) {
  test(`${what} is one clear line and exit code 2`, async () => {
    const ran = await understudy(args);
    assert.equal(ran.code, 2, ran.stderr);
    assert.match(ran.stderr, message);
    assert.equal(ran.stderr.split('\n')[0]?.includes('Error'), false);
    assert.equal(ran.stdout, '');
  });
}

test('help names every command', async () => {
  const ran = await understudy(['--help']);
  assert.equal(ran.code, 0);
  for (const name of [
    'demo',
    'replay',
    'serve',
    'import',
    'tasks',
    'train',
    'mode',
    'export',
    'report',
    'teacher',
    'preview',
  ])
    assert.match(ran.stdout, new RegExp(`understudy ${name}`));
});

test('the help of a command tells every option that it takes', async () => {
  const folder = path.join(root, 'src/cli');
  for (const file of readdirSync(folder)) {
    const source = readFileSync(path.join(folder, file), 'utf8');
    const name = /usage: ['"]understudy (\w+)/.exec(source)?.[1];
    if (name === undefined) continue;
    const taken = [...source.matchAll(/^ +'?([a-z-]+)'?: \{ type: '(?:string|boolean)'/gm)].map((m) => m[1]!);
    const ran = await understudy(name === 'train' ? ['help', name] : [name, '-h']);
    assert.equal(ran.code, 0, ran.stderr);
    for (const option of taken) assert.match(ran.stdout, new RegExp(`^  --${option}\\b`, 'm'), name);
    assert.ok(ran.stdout.split('\n').every((line) => line.length <= 100));
  }
});

test('a storage folder that is not there is told, and not made', async () => {
  const folder = path.join(root, 'nowhere');
  const ran = await understudy(['tasks', '--storage', folder]);
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /There is no storage folder .*nowhere.*--storage/);
  assert.equal(existsSync(folder), false);
});
