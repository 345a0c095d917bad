import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { providerTerms, termsOf } from '../../src/app/terms.ts';
import type { AppError } from '../../src/base/error.ts';
import type { Json } from '../../src/base/json.ts';
import type { ModelCard } from '../../src/student/student.ts';
import { openJournal } from '../../src/traces/journal.ts';
import { openTestApp } from '../support/app.ts';
import { traffic } from '../support/trained.ts';
import { makeTrace } from '../traces/sample.ts';

test("no traffic of a provider is trained on before the user decided on that provider's terms", {
  timeout: 200_000,
}, async () => {
  const { app, storage, close } = await openTestApp({ settings: { epsilon: 0.2 } });
  try {
    const file = path.join(storage, 'traffic.jsonl');
    writeFileSync(file, traffic.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await app.run('traces.import', { file });
    await app.run('tasks.analyse', null);
    const taskId = app.state.tasks[0]!.id;
    const { name, says, source, asOf } = termsOf('openai');
    assert.equal(name, 'OpenAI');
    assert.deepEqual(app.state.terms, [
      { provider: 'openai', name, decision: 'undecided', says, source, asOf },
    ]);
    const isTold = (how: string) => (error: AppError) => {
      assert.equal(error.code, 'terms-undecided');
      for (const text of [how, says, source, asOf]) assert.ok(error.message.includes(text), text);
      return true;
    };
    await assert.rejects(app.run('student.train', { taskId, device: 'cpu' }), isTold('not decided yet'));
    // Another provider's decision is none for this one.
    await app.run('terms.decide', { provider: 'anthropic', decision: 'allowed' });
    await assert.rejects(app.run('student.train', { taskId, device: 'cpu' }), isTold('not decided yet'));
    await app.run('terms.decide', { provider: 'openai', decision: 'declined' });
    await assert.rejects(app.run('student.train', { taskId, device: 'cpu' }), isTold('was declined'));

    await app.run('terms.decide', { provider: 'openai', decision: 'allowed' });
    await app.run('student.train', { taskId, device: 'cpu' });
    const folder = path.join(storage, 'students', taskId);
    const bundle = path.join(folder, readdirSync(folder)[0]!);
    const card = JSON.parse(readFileSync(path.join(bundle, 'card.json'), 'utf8')) as ModelCard;
    assert.deepEqual(Object.keys(card.terms), ['openai']);
    assert.match(card.terms['openai']!, /^allowed \d{4}-\d\d-\d\dT/);
    assert.ok(card.terms['openai']!.endsWith(`; ${source}, read ${asOf}`));
  } finally {
    await close();
  }
});

test('what a compatible server answered is asked about under its own name', { timeout: 60_000 }, async () => {
  const { app, storage, close } = await openTestApp();
  try {
    const journal = await openJournal(path.join(storage, 'journal'));
    for (const [i, { request, response }] of traffic.slice(0, 200).entries()) {
      const vendor = i % 2 === 0 ? 'deepseek' : 'llm.example.com';
      const bodies = { request: request as Json, response: response as Json };
      await journal.append(makeTrace(`t${i}`, { startMs: 1e12 + i, vendor, ...bodies }));
    }
    await journal.close();
    await app.run('tasks.analyse', null);
    assert.deepEqual(
      app.state.terms.map(({ provider }) => provider),
      ['deepseek', 'llm.example.com'],
    );
    const [known, unknown] = app.state.terms;
    assert.match(known?.source ?? '', /DeepSeek/);
    assert.match(unknown?.says ?? '', /llm\.example\.com are not known here/);
    const taskId = app.state.tasks[0]!.id;
    await app.run('terms.decide', { provider: 'openai', decision: 'allowed' });
    await assert.rejects(app.run('student.train', { taskId, device: 'cpu' }), { code: 'terms-undecided' });
  } finally {
    await close();
  }
});

test('every provider that calls can be captured of has terms with a source and a date', () => {
  for (const provider of [
    'openai',
    'azure',
    'anthropic',
    'gemini',
    'ollama',
    'local',
    'deepseek',
    'groq',
    'mistral',
  ])
    assert.ok(
      providerTerms.some((terms) => terms.provider === provider),
      provider,
    );
  for (const { says, source, asOf } of [...providerTerms, termsOf('somebody else')]) {
    assert.ok(says.length > 40 && source.length > 5);
    assert.match(asOf, /^\d{4}-\d\d-\d\d$/);
  }
});
