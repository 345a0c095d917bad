import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeUpstreams } from '../../src/gateway/control.ts';
import { targetOf } from '../../src/gateway/upstreams.ts';
import type { ProviderName } from '../../src/wire/format.ts';

/** Where a provider-relative path goes, as one URL; or the refusal. */
function urlOf(provider: ProviderName, path: string, base?: string): string {
  const target = targetOf(completeUpstreams(base === undefined ? {} : { [provider]: base }), provider, path);
  return typeof target === 'string'
    ? target
    : `${target.secure ? 'https' : 'http'}://${target.host}${target.path}`;
}

const rows: readonly (readonly [string, ProviderName, string, string | undefined, string])[] = [
  [
    'the official OpenAI endpoint',
    'openai',
    '/v1/responses',
    undefined,
    'https://api.openai.com/v1/responses',
  ],
  ['an upstream with a path', 'openai', '/v1/models', 'http://h:1/llm', 'http://h:1/llm/v1/models'],
  [
    'a version that is in both once',
    'openai',
    '/v1/models?x',
    'http://h:1/api/v1/',
    'http://h:1/api/v1/models?x',
  ],
  ['another version as it is', 'openai', '/v1/models', 'http://h:1/v2', 'http://h:1/v2/v1/models'],
  ['a longer word that starts like it', 'openai', '/v1x/models', 'http://h:1/v1', 'http://h:1/v1/v1x/models'],
  [
    'an Azure resource',
    'azure',
    '/res/openai/deployments/d',
    undefined,
    'https://res.openai.azure.com/openai/deployments/d',
  ],
  [
    'a resource beside a complete Azure upstream',
    'azure',
    '/res/openai/x',
    'http://h:1',
    'http://h:1/openai/x',
  ],
  ['no resource beside a complete Azure upstream', 'azure', '/openai/x', 'http://h:1', 'http://h:1/openai/x'],
  [
    'Gemini',
    'gemini',
    '/v1beta/models/m:generateContent',
    undefined,
    'https://generativelanguage.googleapis.com/v1beta/models/m:generateContent',
  ],
  [
    'Vertex in a region',
    'gemini',
    '/v1/projects/p/locations/europe-west4/publishers/google/models/m:generateContent',
    undefined,
    'https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/publishers/google/models/m:generateContent',
  ],
  [
    'Vertex without a region',
    'gemini',
    '/v1beta1/publishers/google/models/m:generateContent',
    undefined,
    'https://aiplatform.googleapis.com/v1beta1/publishers/google/models/m:generateContent',
  ],
  ['Ollama', 'ollama', '/api/chat', undefined, 'http://127.0.0.1:11434/api/chat'],
];

for (const [title, provider, path, base, url] of rows)
  test(`${title} is found`, () => assert.equal(urlOf(provider, path, base), url));

test('an Azure call without its resource is told what is missing', () => {
  assert.match(urlOf('azure', '/openai/deployments/d/chat/completions'), /Which Azure resource\?/);
});

test('an Azure deployment that came to the OpenAI address goes to the configured resource', () => {
  const upstreams = completeUpstreams({ azure: 'https://res.openai.azure.com' });
  const target = targetOf(upstreams, 'openai', '/v1/deployments/d/chat/completions?api-version=1');
  assert.ok(typeof target !== 'string');
  assert.equal(
    `${target.host}${target.path}`,
    'res.openai.azure.com/openai/deployments/d/chat/completions?api-version=1',
  );
  assert.equal(target.provider, 'azure');
});

test('an upstream that is no URL keeps the official one', () => {
  assert.equal(completeUpstreams({ openai: 'not a url' }).openai, 'https://api.openai.com');
});
