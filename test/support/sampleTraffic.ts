import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Json } from '../../src/base/json.ts';

/** Traffic lines made from the bundled sample: real requests, real answers, a clock of our own. */

export interface SampleRow {
  readonly task: string;
  readonly input: string;
  readonly answer: string;
}

export interface TrafficRow {
  readonly ts: string;
  readonly site: string;
  readonly provider: 'openai' | 'anthropic';
  readonly status: number;
  readonly split: 'train' | 'test';
  readonly request: Json;
  readonly response: Json;
}

export function sampleRows(task: string): SampleRow[] {
  const file = path.resolve(import.meta.dirname, '../../sample/requests.jsonl.gz');
  const rows = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
  return rows.map((row) => JSON.parse(row) as SampleRow).filter((row) => row.task === task);
}

const START_MS = Date.UTC(2026, 9, 5);

/** OpenAI chat calls of one label task over `days` days; the newest `testShare` are marked as test. */
export function labelTraffic(
  rows: readonly SampleRow[],
  options: { readonly labels: readonly string[]; readonly days?: number; readonly testShare?: number },
): TrafficRow[] {
  const step = ((options.days ?? 10) * 86_400_000) / rows.length;
  const cut = rows.length * (1 - (options.testShare ?? 0.2));
  const system = `You route messages to the right queue. Answer with exactly one queue name and nothing else.\n\nQueues:\n${options.labels.map((l) => `- ${l}`).join('\n')}`;
  return rows.map((row, i) => ({
    ts: new Date(START_MS + i * step).toISOString(),
    site: 'src/router.ts:12',
    provider: 'openai',
    status: 200,
    split: i < cut ? 'train' : 'test',
    request: {
      model: 'gpt-4o-mini',
      temperature: 0,
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: row.input },
      ],
    },
    response: openaiCompletion(row.answer, i),
  }));
}

export function openaiCompletion(text: string, i: number): Json {
  return {
    id: `chatcmpl-${i}`,
    object: 'chat.completion',
    created: Math.floor(START_MS / 1000) + i,
    model: 'gpt-4o-mini-2024-07-18',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 120, completion_tokens: 3, total_tokens: 123 },
  };
}
