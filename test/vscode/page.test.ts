import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newNonce, page } from '../../src/vscode/page.ts';

const parts = {
  source: "'self' https://*.vscode-cdn.net",
  nonce: 'abc',
  title: 'A <b>',
  styles: ['style.css'],
  script: 'x.js?a=1&b=2',
  kind: 'sidebar',
};

test('scripts run with the nonce only, and nothing is loaded that is not named', () => {
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page(parts))?.[1] ?? '';
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'nonce-abc'(;|$)/);
  assert.doesNotMatch(policy, /unsafe-eval|script-src[^;]*unsafe-inline|connect-src/);
});

test('there is one script, with the nonce, and no handler in the markup', () => {
  const html = page(parts);
  assert.equal(html.match(/<script/g)?.length, 1);
  assert.match(html, /<script nonce="abc" src="x\.js\?a=1&#38;b=2">/);
  assert.doesNotMatch(html, / on\w+=/);
});

test('text is escaped', () => {
  assert.match(page(parts), /<title>A &#60;b&#62;<\/title>/);
});

test('no nonce is used twice, and each has 128 bits', () => {
  const many = new Set(Array.from({ length: 100 }, newNonce));
  assert.equal(many.size, 100);
  for (const nonce of many) assert.match(nonce, /^[0-9a-f]{32}$/);
});
