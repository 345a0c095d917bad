// What is in the package that people install.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';

const tools = JSON.parse(readFileSync(process.env.UNDERSTUDY_HOST_TOOLS, 'utf8'));
let files;

before(() => {
  files = namesOf(readFileSync(tools.vsix));
});

test('holds the native library of this platform and of no other', () => {
  const native = files.filter((name) => name.includes('/napi-v6/')).map((name) => name.split('/napi-v6/')[1]);
  assert.ok(native.some((name) => name.startsWith(`${process.platform}/${process.arch}/`)));
  assert.deepEqual(
    native.filter((name) => !name.startsWith(`${process.platform}/${process.arch}/`)),
    [],
  );
});

test('holds what each process needs to start', () => {
  for (const name of [
    'dist/extension.cjs',
    'dist/gateway.cjs',
    'dist/worker.cjs',
    'dist/trainer.cjs',
    'dist/sql-wasm.wasm',
    'dist/webview/sidebar.js',
    'dist/webview/sidebar.css',
    'dist/webview/codicon.ttf',
    'package.nls.json',
    'LICENSE.txt',
    // Marks the files beside it as CommonJS; the extension does not load without it.
    'node_modules/onnxruntime-common/dist/cjs/package.json',
  ]) {
    assert.ok(files.includes(`extension/${name}`), name);
  }
});

test('holds no source, no test, no recorded call and no other package', () => {
  const odd = files.filter(
    (name) =>
      /\.(ts|map|jsonl|gz)$|\/test\/|\/src\//.test(name) ||
      (name.includes('/node_modules/') && !/\/node_modules\/onnxruntime-(node|common)\//.test(name)),
  );
  assert.deepEqual(odd, []);
});

/** File names of a zip archive, from its central directory (PKWARE APPNOTE 4.3.12). */
function namesOf(zip) {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06'));
  let at = zip.readUInt32LE(end + 16);
  return Array.from({ length: zip.readUInt16LE(end + 10) }, () => {
    assert.equal(zip.readUInt32LE(at), 0x02014b50);
    const [name, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    const text = zip.toString('utf8', at + 46, at + 46 + name);
    at += 46 + name + extra + comment;
    return text;
  });
}
