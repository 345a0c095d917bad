import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCallSites } from '../../src/vscode/callSites.ts';
import { type SourceLanguage, sourceLanguage } from '../../src/vscode/mask.ts';

function names(language: SourceLanguage, text: string): string[] {
  return findCallSites(text, language).map((site) => `${site.kind} ${site.provider} ${site.name}`);
}

const cases: readonly { title: string; language: SourceLanguage; text: string; found: readonly string[] }[] =
  [
    {
      title: 'official clients and their calls in JavaScript',
      language: 'javascript',
      text: `const a = new OpenAI({ apiKey });
const b = new Anthropic();
await a.chat.completions.create({ model });
for await (const x of a.responses.stream({ model })) {}
await b.messages.create({ model });
await c.models.generateContent({ model });
const o = new Ollama({ host: 'http://x' }); await ollama.chat({ model });`,
      found: [
        'client openai OpenAI',
        'client anthropic Anthropic',
        'call openai chat.completions.create',
        'call openai responses.stream',
        'call anthropic messages.create',
        'call gemini models.generateContent',
        'client ollama Ollama',
        'call ollama ollama.chat',
      ],
    },
    {
      title: 'official clients and their calls in Python',
      language: 'python',
      text: `client = AsyncOpenAI(api_key=key)
x = await client.chat.completions.create(model="m", messages=[])
y = Anthropic().messages.create(model="m")`,
      found: [
        'client openai AsyncOpenAI',
        'call openai chat.completions.create',
        'client anthropic Anthropic',
        'call anthropic messages.create',
      ],
    },
    {
      title: 'nothing in comments, strings, templates and regular expressions',
      language: 'javascript',
      text: `// new OpenAI({})
/* client.chat.completions.create({}) */
const a = 'new OpenAI({})', b = "x.messages.create({})";
const c = \`new OpenAI({}) \${f({ x: "}", y: \`new OpenAI()\` })} messages.create({})\`;
const d = /new OpenAI\\(/.test(s);`,
      found: [],
    },
    {
      title: 'code behind a quote in a regular expression',
      language: 'javascript',
      text: `const d = s.replace(/['"]/g, ''); const a = new OpenAI({});`,
      found: ['client openai OpenAI'],
    },
    {
      title: 'nothing in docstrings, and no definitions',
      language: 'python',
      text: `"""
client = OpenAI()
"""
# OpenAI()
class OpenAI(Base): ...
def messages(): return 'OpenAI()'`,
      found: [],
    },
    {
      title: 'no messages of assistant threads',
      language: 'javascript',
      text: 'await client.beta.threads.messages.create(id, {});',
      found: [],
    },
    {
      title: 'nothing in a call that does not close',
      language: 'javascript',
      text: 'new OpenAI({',
      found: [],
    },
  ];

for (const { title, language, text, found } of cases) {
  test(`finds ${title}`, () => assert.deepEqual(names(language, text), found));
}

test('reads the task that a call names by itself', () => {
  const text = `c.chat.completions.create({ model }, { headers: { 'x-understudy-task': 'intent' } })`;
  assert.equal(findCallSites(text, 'javascript')[0]?.task, 'intent');
});

test('offsets point at the name and behind the parenthesis', () => {
  const text = `/* é */ x = new OpenAI ( {} )`;
  const site = findCallSites(text, 'javascript')[0]!;
  assert.equal(text.slice(site.start, site.open), 'new OpenAI (');
  assert.equal(text.slice(site.arguments.start, site.arguments.end).trim(), '{}');
});

test('knows the editor languages it reads', () => {
  assert.equal(sourceLanguage('typescriptreact'), 'javascript');
  assert.equal(sourceLanguage('python'), 'python');
  assert.equal(sourceLanguage('json'), null);
});

test('finds a client at the end of a file of twenty thousand lines', () => {
  const text = `const a = f({ b: "c" });\n`.repeat(20_000) + 'new OpenAI({});';
  assert.equal(findCallSites(text, 'javascript').length, 1);
});
