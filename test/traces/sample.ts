import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { Damage } from '../../src/traces/reader.ts';
import { readTraces } from '../../src/traces/reader.ts';
import type { Trace } from '../../src/traces/trace.ts';

/** A folder that is gone when the test is over. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'understudy-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An ordinary captured call; `over` says what is particular about it. */
export function makeTrace(id: string, over: Partial<Trace> = {}): Trace {
  return {
    id,
    startMs: 1_790_000_000_000,
    durationMs: 420,
    firstByteMs: 400,
    provider: 'openai',
    format: 'openai-chat',
    path: '/v1/chat/completions',
    status: 200,
    streamed: false,
    request: {
      model: 'gpt-4o-mini',
      messages: [
        { role: 'system', content: 'Classify the sentiment.' },
        { role: 'user', content: `I love it (${id})` },
      ],
    },
    response: {
      id: `chatcmpl-${id}`,
      object: 'chat.completion',
      created: 1_790_000_000,
      model: 'gpt-4o-mini-2024-07-18',
      choices: [{ index: 0, message: { role: 'assistant', content: 'positive' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 20, completion_tokens: 1, total_tokens: 21 },
    },
    incomplete: null,
    servedBy: 'teacher',
    pinnedTask: null,
    site: null,
    headers: {},
    route: null,
    source: 'gateway',
    ...over,
  };
}

export async function readAll(folder: string): Promise<{ traces: Trace[]; damage: Damage[] }> {
  const traces: Trace[] = [];
  const damage: Damage[] = [];
  for await (const trace of readTraces(folder, { onDamage: (d) => damage.push(d) })) traces.push(trace);
  return { traces, damage };
}

export async function readIds(folder: string): Promise<string[]> {
  return (await readAll(folder)).traces.map((trace) => trace.id);
}
