import assert from 'node:assert/strict';
import { test } from 'node:test';
import { vendorNamed, vendorOf } from '../../src/wire/vendor.ts';

test('the host that was called tells whose answer it is, whatever wire it speaks', () => {
  for (const [host, vendor] of [
    ['api.openai.com', 'openai'],
    ['eu.api.openai.com', 'openai'],
    ['mine.openai.azure.com', 'azure'],
    ['mine.services.ai.azure.com', 'azure'],
    ['api.anthropic.com', 'anthropic'],
    ['generativelanguage.googleapis.com', 'gemini'],
    ['europe-west4-aiplatform.googleapis.com', 'gemini'],
    ['aiplatform.googleapis.com', 'gemini'],
    ['API.DeepSeek.com', 'deepseek'],
    ['api.groq.com', 'groq'],
    ['api.mistral.ai', 'mistral'],
    ['codestral.mistral.ai', 'mistral'],
    ['api.x.ai', 'xai'],
    ['openrouter.ai', 'openrouter'],
    ['api.together.xyz', 'together'],
    ['llm.example.com', 'llm.example.com'],
    ['api.openai.com.example.com', 'api.openai.com.example.com'],
    ['notopenai.com', 'notopenai.com'],
    ['not-openai.azure.com', 'not-openai.azure.com'],
    ['8.8.8.8', '8.8.8.8'],
  ] as const)
    assert.equal(vendorOf('openai', host), vendor, host);
});

test('a server of the own machine or network is no provider, but for Ollama', () => {
  const own = [
    'localhost',
    '127.0.0.1',
    '::1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.2',
    'fd00::1',
    'gpu',
    'vllm.internal',
    'llm.local',
  ];
  for (const host of own) {
    assert.equal(vendorOf('openai', host), 'local', host);
    assert.equal(vendorOf('anthropic', host), 'local', host);
    assert.equal(vendorOf('ollama', host), 'ollama', host);
  }
  assert.equal(vendorOf('openai', '172.32.0.1'), '172.32.0.1');
});

test('a log tells the vendor by its name, or by the name of a model', () => {
  assert.equal(vendorNamed('mistral_ai', null), 'mistral');
  assert.equal(vendorNamed('aws.bedrock', 'anthropic.claude-3'), 'bedrock');
  assert.equal(vendorNamed('azure.ai.openai', null), 'azure');
  assert.equal(vendorNamed('https://api.deepseek.com', null), 'deepseek');
  assert.equal(vendorNamed(null, 'claude-sonnet-4-5'), 'anthropic');
  assert.equal(vendorNamed('hosted', 'my-own-model'), null);
});
