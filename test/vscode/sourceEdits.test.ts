import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCallSites } from '../../src/vscode/callSites.ts';
import type { SourceLanguage } from '../../src/vscode/mask.ts';
import { bypasses, nameTaskEdit, rerouteEdit, type SourceEdit } from '../../src/vscode/sourceEdits.ts';

function apply(text: string, edits: readonly SourceEdit[]): string {
  return [...edits]
    .sort((a, b) => b.start - a.start)
    .reduce((done, edit) => done.slice(0, edit.start) + edit.text + done.slice(edit.end), text);
}

function named(text: string, language: SourceLanguage, kind: 'client' | 'call' = 'call'): string | null {
  const site = findCallSites(text, language).find((candidate) => candidate.kind === kind)!;
  const edit = nameTaskEdit(text, site, 'intent');
  return edit === null ? null : apply(text, [edit]);
}

function rerouted(text: string, language: SourceLanguage, upstreams: Record<string, string> = {}): string {
  const outcome = rerouteEdit(text, findCallSites(text, language)[0]!, upstreams);
  return outcome.kind === 'edits' ? apply(text, outcome.edits) : outcome.kind;
}

const naming: readonly [string, SourceLanguage, 'client' | 'call', string, string | null][] = [
  [
    'a call gets a second object',
    'javascript',
    'call',
    'c.chat.completions.create({ model })',
    `c.chat.completions.create({ model }, { headers: { 'x-understudy-task': 'intent' } })`,
  ],
  [
    'a trailing comma stays valid',
    'javascript',
    'call',
    'c.messages.create(\n  request,\n)',
    `c.messages.create(\n  request, { headers: { 'x-understudy-task': 'intent' } },\n)`,
  ],
  [
    'options that are there get headers',
    'javascript',
    'call',
    'c.messages.create(request, { timeout: 5 })',
    `c.messages.create(request, { headers: { 'x-understudy-task': 'intent' }, timeout: 5 })`,
  ],
  [
    'headers that are there get one more',
    'javascript',
    'call',
    `c.messages.create(request, { headers: { 'x-a': '1' } })`,
    `c.messages.create(request, { headers: { 'x-understudy-task': 'intent', 'x-a': '1' } })`,
  ],
  ['options behind a name are left alone', 'javascript', 'call', 'c.messages.create(request, options)', null],
  [
    'a client without options gets some',
    'javascript',
    'client',
    'new OpenAI()',
    `new OpenAI({ defaultHeaders: { 'x-understudy-task': 'intent' } })`,
  ],
  [
    'a client over several lines keeps its form',
    'javascript',
    'client',
    'new Anthropic({\n    apiKey,\n})',
    `new Anthropic({\n    defaultHeaders: { 'x-understudy-task': 'intent' },\n    apiKey,\n})`,
  ],
  [
    'a Python call gets extra headers on a line of its own',
    'python',
    'call',
    'c.messages.create(\n    model=m,\n    max_tokens=5,\n)',
    'c.messages.create(\n    model=m,\n    max_tokens=5,\n    extra_headers={"x-understudy-task": "intent"},\n)',
  ],
  [
    'a Python client gets default headers',
    'python',
    'client',
    'OpenAI()',
    'OpenAI(default_headers={"x-understudy-task": "intent"})',
  ],
  [
    'a Python dictionary that is there gets one more',
    'python',
    'call',
    'c.messages.create(model=m, extra_headers={"x": "1"})',
    'c.messages.create(model=m, extra_headers={"x-understudy-task": "intent", "x": "1"})',
  ],
  [
    'a call that has a name keeps it',
    'javascript',
    'call',
    `c.messages.create(r, { headers: { 'x-understudy-task': 'mine' } })`,
    null,
  ],
];

for (const [title, language, kind, text, expected] of naming) {
  test(`naming a task: ${title}`, () => assert.equal(named(text, language, kind), expected));
}

const routing: readonly [string, SourceLanguage, string, string][] = [
  [
    'a hard-coded official URL becomes the fallback',
    'javascript',
    `new OpenAI({ baseURL: 'https://api.openai.com/v1' })`,
    `new OpenAI({ baseURL: process.env.OPENAI_BASE_URL ?? 'https://api.openai.com/v1' })`,
  ],
  [
    'Python reads the environment and imports what it needs, once',
    'python',
    '# A comment.\nfrom openai import OpenAI\nc = OpenAI(base_url="https://api.openai.com/v1")',
    '# A comment.\nimport os\nfrom openai import OpenAI\nc = OpenAI(base_url=os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1"))',
  ],
  [
    'an import that is there is not repeated',
    'python',
    'import os\nc = Anthropic(base_url="https://api.anthropic.com")',
    'import os\nc = Anthropic(base_url=os.environ.get("ANTHROPIC_BASE_URL", "https://api.anthropic.com"))',
  ],
  [
    'a client that reads no variable gets one of ours',
    'javascript',
    'new Ollama()',
    'new Ollama({ host: process.env.UNDERSTUDY_OLLAMA_URL })',
  ],
  [
    'a version in the URL is kept where the client wants it, and a missing variable stays missing',
    'javascript',
    'createGoogleGenerativeAI({ apiKey })',
    'createGoogleGenerativeAI({ baseURL: (process.env.UNDERSTUDY_GEMINI_URL && `$' +
      '{process.env.UNDERSTUDY_GEMINI_URL}/v1beta`), apiKey })',
  ],
  ['a client that reads the variable itself needs nothing', 'javascript', 'new OpenAI({ apiKey })', 'none'],
  [
    'a URL from the environment needs nothing',
    'javascript',
    'new OpenAI({ baseURL: process.env.MY_URL })',
    'none',
  ],
  [
    'another server is not swapped for the official one',
    'javascript',
    `new OpenAI({ baseURL: 'https://api.groq.com/openai/v1' })`,
    'elsewhere',
  ],
];

for (const [title, language, text, expected] of routing) {
  test(`routing a client: ${title}`, () => assert.equal(rerouted(text, language), expected));
}

test('routing a client: a server that is the configured upstream can be routed', () => {
  const text = `new OpenAI({ baseURL: 'https://api.groq.com/openai/v1' })`;
  const upstreams = { openai: 'https://api.groq.com/openai' };
  assert.match(
    rerouted(text, 'javascript', upstreams),
    /process\.env\.OPENAI_BASE_URL \?\? 'https:\/\/api\.groq/,
  );
  assert.equal(
    rerouted(`new OpenAI({ baseURL: 'https://api.openai.com/v1' })`, 'javascript', upstreams),
    'elsewhere',
  );
});

const bypassing: readonly [string, SourceLanguage, string, readonly boolean[]][] = [
  [
    'a fixed URL leads its client and its calls past the gateway',
    'javascript',
    `const c = new OpenAI({ baseURL: 'https://api.openai.com/v1' }); c.responses.create({});`,
    [true, true],
  ],
  [
    'a client without a URL does not, and calls of a file with one such client may be its',
    'javascript',
    `new OpenAI({ baseURL: 'https://x' }); new OpenAI({ apiKey }); c.responses.create({});`,
    [true, false, false],
  ],
  ['a client that reads no variable does', 'javascript', 'new Ollama({ headers })', [true]],
  [
    'a URL from the environment does not',
    'python',
    'OpenAI(base_url=os.environ["X"])\nc.messages.create(model=m)',
    [false, false],
  ],
];

for (const [title, language, text, expected] of bypassing) {
  test(`bypassing the gateway: ${title}`, () => {
    const sites = findCallSites(text, language);
    assert.deepEqual(
      sites.map((site) => bypasses(text, site, sites)),
      expected,
    );
  });
}
