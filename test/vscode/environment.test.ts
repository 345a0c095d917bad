import assert from 'node:assert/strict';
import { test } from 'node:test';
import { terminalMutations } from '../../src/vscode/environment.ts';
import { isOwnUrl, upstreamsFromEnvironment } from '../../src/vscode/upstreams.ts';

const base = 'http://127.0.0.1:4000/0123456789abcdef0123456789abcdef';
const urls = {
  openai: `${base}/openai`,
  anthropic: `${base}/anthropic`,
  gemini: `${base}/gemini`,
  ollama: `${base}/ollama`,
};

function values(env: Record<string, string> = {}, azure = false): Record<string, string> {
  return Object.fromEntries(terminalMutations(urls, env, { azure }).map((m) => [m.variable, m.value]));
}

test('each client gets its URL as it wants it: OpenAI with the version, the others without', () => {
  const set = values();
  assert.equal(set['OPENAI_BASE_URL'], `${base}/openai/v1`);
  assert.equal(set['ANTHROPIC_BASE_URL'], `${base}/anthropic`);
  assert.equal(set['GOOGLE_GEMINI_BASE_URL'], `${base}/gemini`);
  assert.equal(set['UNDERSTUDY_OLLAMA_URL'], `${base}/ollama`);
});

test('OLLAMA_HOST is never set, because the server binds to it', () => {
  assert.ok(!('OLLAMA_HOST' in values()));
});

test('nothing is ever set to an empty value', () => {
  const mutations = terminalMutations({ openai: '', anthropic: urls.anthropic }, {}, { azure: false });
  assert.ok(mutations.every((mutation) => mutation.value !== ''));
  assert.ok(!mutations.some((mutation) => mutation.variable === 'OPENAI_BASE_URL'));
  assert.deepEqual(terminalMutations({}, {}, { azure: false }), []);
});

test('OPENAI_BASE_URL is left out beside the Azure client, which refuses to start with it', () => {
  const set = values({}, true);
  assert.ok(!('OPENAI_BASE_URL' in set));
  assert.ok('ANTHROPIC_BASE_URL' in set);
});

test('the older OpenAI variable is led along where it is set', () => {
  assert.ok(!('OPENAI_API_BASE' in values()));
  assert.equal(values({ OPENAI_API_BASE: 'https://x/v1' })['OPENAI_API_BASE'], `${base}/openai/v1`);
});

test('a URL of the user without a version keeps that form', () => {
  assert.equal(values({ OPENAI_BASE_URL: 'https://proxy.example/llm' })['OPENAI_BASE_URL'], `${base}/openai`);
});

test('loopback goes past a proxy, and what was excepted before stays excepted in both spellings', () => {
  assert.equal(values()['NO_PROXY'], '127.0.0.1,localhost,::1');
  const set = values({ NO_PROXY: 'corp.example' });
  assert.equal(set['NO_PROXY'], ',127.0.0.1,localhost,::1');
  assert.equal(set['no_proxy'], 'corp.example,127.0.0.1,localhost,::1');
});

test('what the environment points at becomes the upstream, without the version', () => {
  assert.deepEqual(upstreamsFromEnvironment({ OPENAI_BASE_URL: 'https://proxy.example/openai/v1/' }), {
    openai: 'https://proxy.example/openai',
  });
  assert.deepEqual(upstreamsFromEnvironment({ ANTHROPIC_BASE_URL: 'https://a.example' }), {
    anthropic: 'https://a.example',
  });
  assert.deepEqual(upstreamsFromEnvironment({ OPENAI_BASE_URL: '' }), {});
});

test('a URL of our own gateway is no upstream: it would forward to itself', () => {
  assert.ok(isOwnUrl(`${base}/openai/v1`));
  assert.ok(!isOwnUrl('http://127.0.0.1:11434/v1'));
  assert.deepEqual(upstreamsFromEnvironment({ OPENAI_BASE_URL: `${base}/openai/v1` }), {});
});
