import { isObject, type Json, type JsonObject } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Answer, ChatRequest, FinishReason, OutputFormat, Sampling, Usage } from './chat.ts';
import { errorIn, isSet, numberOf, objectOf, textOf, textsOf } from './fields.ts';
import type { RenderContext, Rendered, WireError } from './format.ts';
import { parseNdjson } from './sse.ts';

/** What Ollama's two endpoints share. */

/** Keys of both that do not change what a right answer is, or that `readSampling` and `readFormat` read. */
export const sharedKeys: readonly string[] = [
  ...[
    'model',
    'stream',
    'options',
    'format',
    'keep_alive',
    'think',
    'logprobs',
    'top_logprobs',
    'truncate',
    'shift',
  ],
];

export function readFormat(format: Json | undefined): OutputFormat {
  if (format === 'json') return { kind: 'json' };
  return isObject(format) ? { kind: 'schema', name: '', strict: true, schema: format } : { kind: 'text' };
}

export function readSampling(body: JsonObject): Sampling {
  const options = objectOf(body['options']);
  const limit = numberOf(options['num_predict']);
  return {
    temperature: numberOf(options['temperature']),
    topP: numberOf(options['top_p']),
    // Negative: no limit.
    maxTokens: limit === null || limit < 0 ? null : limit,
    stop: textsOf(options['stop']),
    choices: 1,
    logprobs: isSet(body['logprobs']) || isSet(body['top_logprobs']),
    seed: numberOf(options['seed']),
  };
}

/** What only the model can do, whichever endpoint is asked. */
export function sharedTeacherOnly(body: JsonObject): string[] {
  const found: string[] = [];
  if (isSet(body['logprobs']) || isSet(body['top_logprobs'])) found.push('logprobs');
  if (isSet(body['think'])) found.push('thinking');
  return found;
}

export function readFinish(body: JsonObject, callsTools: boolean): FinishReason {
  if (body['done'] === false) return 'error';
  switch (body['done_reason']) {
    case 'length':
      return 'length';
    case undefined:
    case 'stop':
      return callsTools ? 'tool-calls' : 'stop';
    default:
      return 'other';
  }
}

export function readUsage(body: JsonObject): Usage | null {
  const input = numberOf(body['prompt_eval_count']);
  const output = numberOf(body['eval_count']);
  if (input === null && output === null) return null;
  return { inputTokens: input ?? 0, outputTokens: output ?? 0, cachedInputTokens: 0, reasoningTokens: 0 };
}

/** The lines of a stream, the last one done. Each is folded into the one before by `add`. */
export function joinLines(
  stream: string,
  add: (joined: JsonObject, line: JsonObject) => JsonObject,
): Result<Json, WireError> {
  const lines = parseNdjson(stream);
  if (!lines.ok) return lines;
  let joined: JsonObject | null = null;
  for (const line of lines.value) {
    const error = errorIn(line);
    if (error !== null) return fail({ message: `the stream carries an error: ${error}` });
    joined = joined === null ? line : add(joined, line);
  }
  if (joined === null || joined['done'] !== true)
    return fail({ message: 'the stream ended before it was done' });
  return ok(joined);
}

/** Texts of two pieces joined; undefined where neither has one. */
export function joinText(a: Json | undefined, b: Json | undefined): string | undefined {
  const [before, after] = [textOf(a), textOf(b)];
  return before === null && after === null ? undefined : (before ?? '') + (after ?? '');
}

/** A body of one line, or of a stream's lines. */
export function renderLines(lines: readonly JsonObject[], isStream: boolean): Rendered {
  const type = isStream ? 'application/x-ndjson' : 'application/json; charset=utf-8';
  const end = isStream ? '\n' : '';
  return { headers: { 'content-type': type }, chunks: lines.map((line) => JSON.stringify(line) + end) };
}

export function opening(request: ChatRequest, context: RenderContext): JsonObject {
  return { model: request.model, created_at: new Date(context.createdMs).toISOString() };
}

/** The figures of a finished answer. Times are nanoseconds; a student's are about a millisecond. */
export function closing({ ending }: Answer, context: RenderContext): JsonObject {
  return {
    done: true,
    done_reason: ending?.kind === 'limit' ? 'length' : 'stop',
    total_duration: 1_000_000,
    load_duration: 0,
    prompt_eval_count: context.inputTokens,
    prompt_eval_duration: 500_000,
    eval_count: context.outputTokens,
    eval_duration: 500_000,
  };
}

export function hasText(answer: Answer): boolean {
  return answer.text !== null && answer.text !== '';
}
