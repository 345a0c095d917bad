import type { JsonObject } from '../base/json.ts';
import type { Answer, ChatRequest } from './chat.ts';
import type { RenderContext, Rendered } from './format.ts';
import { formatSse } from './sse.ts';

/** A student's answer as OpenAI's chat completions would give it. */

export function renderResponse(answer: Answer, request: ChatRequest, context: RenderContext): Rendered {
  const message = {
    role: 'assistant',
    content: answer.text,
    ...(answer.toolCalls.length > 0 ? { tool_calls: renderToolCalls(answer, context) } : {}),
    refusal: null,
    annotations: [],
  };
  const body = {
    ...envelope('chat.completion', request, context),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishOf(answer) }],
    usage: renderUsage(context),
  };
  return { headers: headers('application/json', context), chunks: [JSON.stringify(body)] };
}

export function renderStream(answer: Answer, request: ChatRequest, context: RenderContext): Rendered {
  const shared = envelope('chat.completion.chunk', request, context);
  const usage = request.includeUsage ? { usage: null } : {};
  const chunk = (delta: object, finish: string | null = null): string =>
    formatSse(
      JSON.stringify({
        ...shared,
        choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
        ...usage,
      }),
    );
  const first = { role: 'assistant', content: answer.text === null ? null : '', refusal: null };
  const chunks = [chunk(first)];
  if (answer.text) chunks.push(chunk({ content: answer.text }));
  for (const [index, call] of renderToolCalls(answer, context).entries()) {
    const { id, type } = call;
    const opening = { index, id, type, function: { name: call.function.name, arguments: '' } };
    chunks.push(chunk({ tool_calls: [opening] }));
    chunks.push(chunk({ tool_calls: [{ index, function: { arguments: call.function.arguments } }] }));
  }
  chunks.push(chunk({}, finishOf(answer)));
  if (request.includeUsage)
    chunks.push(formatSse(JSON.stringify({ ...shared, choices: [], usage: renderUsage(context) })));
  chunks.push(formatSse('[DONE]'));
  return { headers: headers('text/event-stream; charset=utf-8', context), chunks };
}

function envelope(object: string, request: ChatRequest, context: RenderContext): JsonObject {
  return {
    id: `chatcmpl-${context.id}`,
    object,
    created: Math.floor(context.createdMs / 1000),
    model: request.model,
    service_tier: 'default',
    system_fingerprint: null,
  };
}

function renderToolCalls(answer: Answer, context: RenderContext) {
  return answer.toolCalls.map((call, index) => ({
    id: `call_${context.id}${index}`,
    type: 'function',
    function: { name: call.name, arguments: call.arguments },
  }));
}

function renderUsage(context: RenderContext): JsonObject {
  return {
    prompt_tokens: context.inputTokens,
    completion_tokens: context.outputTokens,
    total_tokens: context.inputTokens + context.outputTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function finishOf(answer: Answer): string {
  if (answer.toolCalls.length > 0) return 'tool_calls';
  return answer.ending?.kind === 'limit' ? 'length' : 'stop';
}

function headers(type: string, context: RenderContext): Record<string, string> {
  return { 'content-type': type, 'x-request-id': `req_${context.id}` };
}
