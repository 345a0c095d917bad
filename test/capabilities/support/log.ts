import { createRandom } from '../../../src/base/random.ts';
import type { CallKind, OutputShape } from '../../../src/tasks/task.ts';
import { type KnownCall, siteTask } from './siteTask.ts';

/** Made-up logs of one task with known answers. */

export const DAY_MS = 86_400_000;
/** Holds the end of a month: October 12 to November 2 with three weeks of traffic. */
export const START_MS = Date.UTC(2026, 9, 12);

export interface LogCall {
  /** Days after the start. */
  readonly day: number;
  readonly text: string;
  /** Text of the answer, or tool calls. */
  readonly answer: string | readonly { readonly name: string; readonly arguments: object }[];
  readonly kind?: CallKind;
  readonly version?: number;
  readonly request?: Readonly<Record<string, unknown>>;
  readonly finish?: string;
}

export interface LogOptions {
  /** System prompt of each version. */
  readonly prompts: readonly string[];
  readonly output?: OutputShape;
  readonly tools?: readonly object[];
}

export const labelsOutput: OutputShape = { kind: 'labels', values: [], closed: true };
export const jsonOutput: OutputShape = { kind: 'json', fields: [], schema: null };
export const toolsOutput: OutputShape = { kind: 'tools', tools: [], noneShare: 0, parallelShare: 0 };

export function logTask(calls: readonly LogCall[], options: LogOptions) {
  const sorted = [...calls].sort((a, b) => a.day - b.day);
  const lines = sorted.map((call, i): KnownCall => {
    const version = call.version ?? 1;
    const text = typeof call.answer === 'string' ? call.answer : null;
    const tool_calls =
      typeof call.answer === 'string'
        ? undefined
        : call.answer.map(({ name, arguments: values }, k) => ({
            id: `call_${i}_${k}`,
            type: 'function',
            function: { name, arguments: JSON.stringify(values) },
          }));
    return {
      ts: new Date(START_MS + call.day * DAY_MS).toISOString(),
      provider: 'openai',
      status: 200,
      kind: call.kind ?? 'normal',
      version,
      request: {
        model: 'gpt-4o-mini',
        temperature: 0,
        messages: [
          { role: 'system', content: options.prompts[version - 1]! },
          { role: 'user', content: call.text },
        ],
        ...(options.tools === undefined ? {} : { tools: options.tools }),
        ...call.request,
      },
      response: {
        id: `chatcmpl-${i}`,
        object: 'chat.completion',
        created: 0,
        model: 'gpt-4o-mini-2024-07-18',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: text, refusal: null, tool_calls },
            logprobs: null,
            finish_reason: call.finish ?? (text === null ? 'tool_calls' : 'stop'),
          },
        ],
        usage: { prompt_tokens: 100, completion_tokens: 2, total_tokens: 102 },
      },
    };
  });
  return siteTask('made-up', lines, options.output ?? labelsOutput);
}

const words =
  'amber basil cedar delta ember fjord grove hazel inlet jade karst lotus maple north onyx pearl quartz river slate tulip umber velvet willow xenon yarrow zephyr'.split(
    ' ',
  );

/** A sentence that is unlike the others: six random words. */
export function sentence(random: { int(n: number): number }): string {
  return Array.from({ length: 6 }, () => words[random.int(words.length)]! + String(random.int(1000))).join(
    ' ',
  );
}

/** `perDay` calls a day for `days` days, spread over the day; `answer` decides by day and number. */
export function steady(
  days: number,
  perDay: number,
  answer: (day: number, i: number) => LogCall['answer'] | Partial<LogCall>,
  seed = 1,
): LogCall[] {
  const random = createRandom(seed);
  const calls: LogCall[] = [];
  for (let day = 0; day < days; day++)
    for (let i = 0; i < perDay; i++) {
      const given = answer(day, i);
      const at = { day: day + i / perDay, text: sentence(random) };
      calls.push(
        typeof given === 'string' || Array.isArray(given)
          ? { ...at, answer: given as LogCall['answer'] }
          : { ...at, answer: 'a', ...(given as Partial<LogCall>) },
      );
    }
  return calls;
}
