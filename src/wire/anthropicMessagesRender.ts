import type { JsonObject } from '../base/json.ts';
import type { Answer, ChatRequest } from './chat.ts';
import { argumentsValue } from './fields.ts';
import type { RenderContext, Rendered } from './format.ts';
import { formatSse } from './sse.ts';

/** A student's answer as Anthropic's messages would give it. */

export function renderResponse(answer: Answer, request: ChatRequest, context: RenderContext): Rendered {
  const body = {
    ...opening(request, context),
    content: blocksOf(answer, context),
    ...stopOf(answer),
  };
  return { headers: headers('application/json', context), chunks: [JSON.stringify(body)] };
}

export function renderStream(answer: Answer, request: ChatRequest, context: RenderContext): Rendered {
  const chunks: string[] = [];
  const send = (type: string, fields: object): void => {
    chunks.push(formatSse(JSON.stringify({ type, ...fields }), type));
  };
  send('message_start', { message: opening(request, context, 1) });
  for (const [index, block] of blocksOf(answer, context).entries()) {
    const isText = block['type'] === 'text';
    const content_block = isText ? { ...block, text: '' } : { ...block, input: {} };
    const delta = isText
      ? { type: 'text_delta', text: block['text'] }
      : { type: 'input_json_delta', partial_json: JSON.stringify(block['input']) };
    send('content_block_start', { index, content_block });
    send('content_block_delta', { index, delta });
    send('content_block_stop', { index });
  }
  send('message_delta', {
    delta: { ...stopOf(answer), stop_details: null, container: null },
    usage: usageOf(context, context.outputTokens),
  });
  send('message_stop', {});
  return { headers: headers('text/event-stream; charset=utf-8', context), chunks };
}

function opening(
  request: ChatRequest,
  context: RenderContext,
  outputTokens = context.outputTokens,
): JsonObject {
  return {
    id: `msg_${context.id}`,
    type: 'message',
    role: 'assistant',
    model: request.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    usage: usageOf(context, outputTokens),
  };
}

/** Every key that Anthropic sends, null where it is unknown: some clients check for them. No `citations`: one rejects null. */
function usageOf(context: RenderContext, outputTokens: number): JsonObject {
  return {
    input_tokens: context.inputTokens,
    output_tokens: outputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation: null,
    inference_geo: null,
    output_tokens_details: null,
    server_tool_use: null,
    service_tier: null,
  };
}

function blocksOf(answer: Answer, context: RenderContext): JsonObject[] {
  const blocks: JsonObject[] = [];
  if (answer.text !== null) blocks.push({ type: 'text', text: answer.text });
  for (const [index, call] of answer.toolCalls.entries()) {
    const id = `toolu_${context.id}${index}`;
    blocks.push({ type: 'tool_use', id, name: call.name, input: argumentsValue(call.arguments) });
  }
  return blocks;
}

function stopOf({ toolCalls, ending }: Answer) {
  if (toolCalls.length > 0) return { stop_reason: 'tool_use', stop_sequence: null };
  if (ending?.kind === 'limit') return { stop_reason: 'max_tokens', stop_sequence: null };
  return ending?.kind === 'stop-sequence'
    ? { stop_reason: 'stop_sequence', stop_sequence: ending.sequence }
    : { stop_reason: 'end_turn', stop_sequence: null };
}

function headers(type: string, context: RenderContext): Record<string, string> {
  return { 'content-type': type, 'request-id': `req_${context.id}` };
}
