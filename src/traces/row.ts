import { isObject, type Json } from '../base/json.ts';
import type { Trace } from './trace.ts';

/** What the index keeps of a trace: numbers and short words. Bodies stay in the journal. */
export interface Row {
  readonly id: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly provider: string;
  /** The response's model where it names one, else the request's; '' where neither does. */
  readonly model: string;
  readonly status: number;
  readonly servedBy: 'teacher' | 'student';
  readonly incomplete: boolean;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly taskId: string | null;
  readonly version: number;
  readonly kind: string;
  /** Routing reason; '' where no policy had a say. */
  readonly reason: string;
  readonly audit: 'agree' | 'disagree' | null;
  readonly source: string;
  readonly site: string | null;
}

export function rowOf(trace: Trace): Row {
  const usage = usageOf(trace.response);
  return {
    id: trace.id,
    startMs: Math.round(trace.startMs),
    // To the microsecond, as the index keeps it.
    durationMs: Math.round(Math.max(0, trace.durationMs) * 1000) / 1000,
    provider: trace.provider,
    model: modelOf(trace),
    status: trace.status,
    servedBy: trace.servedBy,
    incomplete: trace.incomplete !== null,
    ...usage,
    taskId: trace.route?.taskId ?? null,
    version: trace.route?.version ?? 0,
    kind: '',
    reason: trace.route?.reason ?? '',
    audit: trace.route?.audit ?? null,
    source: trace.source.split(':', 1)[0] ?? '',
    site: trace.site,
  };
}

interface Tokens {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
}

/** Token counts under the names that the providers give them; 0 where they say nothing. */
export function usageOf(response: Json | null): Tokens {
  const body = isObject(response) ? response : {};
  const usage = [body['usage'], body['usageMetadata'], body].find(isObject) ?? {};
  const first = (...names: string[]): number => {
    for (const name of names) {
      const value = usage[name];
      if (typeof value === 'number') return value;
    }
    return 0;
  };
  const details = usage['prompt_tokens_details'] ?? usage['input_tokens_details'];
  const cached = isObject(details) ? details['cached_tokens'] : undefined;
  return {
    inputTokens: first('prompt_tokens', 'input_tokens', 'promptTokenCount', 'prompt_eval_count'),
    outputTokens: first('completion_tokens', 'output_tokens', 'candidatesTokenCount', 'eval_count'),
    cachedTokens:
      typeof cached === 'number' ? cached : first('cache_read_input_tokens', 'cachedContentTokenCount'),
  };
}

function modelOf({ request, response, path }: Trace): string {
  for (const body of [response, request]) {
    const model = isObject(body) ? (body['model'] ?? body['modelVersion']) : undefined;
    if (typeof model === 'string' && model !== '') return model;
  }
  // Gemini and Azure name it in the path.
  return /\/(?:models|deployments)\/([^/:?]+)/.exec(path)?.[1] ?? '';
}
