import type { JsonObject } from '../base/json.ts';
import type { Answer, ChatRequest } from './chat.ts';
import type { RenderContext, Rendered } from './format.ts';
import { formatSse } from './sse.ts';

/** A student's answer as OpenAI's Responses API would give it. */

export function renderResponse(answer: Answer, request: ChatRequest, context: RenderContext): Rendered {
  const body = envelope(request, context, statusOf(answer), itemsOf(answer, context));
  return { headers: headers('application/json', context), chunks: [JSON.stringify(body)] };
}

export function renderStream(answer: Answer, request: ChatRequest, context: RenderContext): Rendered {
  const chunks: string[] = [];
  const send = (type: string, fields: JsonObject): void => {
    chunks.push(formatSse(JSON.stringify({ type, sequence_number: chunks.length, ...fields }), type));
  };
  const items = itemsOf(answer, context);
  const started = envelope(request, context, 'in_progress', []);
  send('response.created', { response: started });
  send('response.in_progress', { response: started });
  for (const [output_index, item] of items.entries()) {
    const { id } = item;
    if (item.type === 'message') sendMessage(send, { item_id: id, output_index }, item);
    else sendCall(send, { item_id: id, output_index }, item);
    send('response.output_item.done', { output_index, item: { ...item } });
  }
  const status = statusOf(answer);
  send(`response.${status}`, { response: envelope(request, context, status, items) });
  return { headers: headers('text/event-stream; charset=utf-8', context), chunks };
}

type Send = (type: string, fields: JsonObject) => void;
type At = { readonly item_id: string; readonly output_index: number };

function sendMessage(send: Send, at: At, item: MessageItem): void {
  const { output_index } = at;
  const [part] = item.content;
  const place = { ...at, content_index: 0 };
  const { text } = part;
  send('response.output_item.added', { output_index, item: { ...item, status: 'in_progress', content: [] } });
  send('response.content_part.added', { ...place, part: { ...part, text: '' } });
  if (text !== '') send('response.output_text.delta', { ...place, delta: text, logprobs: [] });
  send('response.output_text.done', { ...place, text, logprobs: [] });
  send('response.content_part.done', { ...place, part: { ...part } });
}

function sendCall(send: Send, at: At, item: CallItem): void {
  const { output_index } = at;
  const { name, arguments: text } = item;
  send('response.output_item.added', {
    output_index,
    item: { ...item, status: 'in_progress', arguments: '' },
  });
  send('response.function_call_arguments.delta', { ...at, delta: text });
  send('response.function_call_arguments.done', { ...at, name, arguments: text });
}

type MessageItem = {
  readonly id: string;
  readonly type: 'message';
  readonly status: string;
  readonly role: string;
  readonly content: readonly [
    {
      readonly type: string;
      readonly annotations: readonly [];
      readonly logprobs: readonly [];
      readonly text: string;
    },
  ];
};

type CallItem = {
  readonly id: string;
  readonly type: 'function_call';
  readonly status: string;
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
};

function itemsOf(answer: Answer, context: RenderContext): (MessageItem | CallItem)[] {
  const items: (MessageItem | CallItem)[] = [];
  if (answer.text !== null)
    items.push({
      id: `msg_${context.id}`,
      type: 'message',
      status: statusOf(answer),
      role: 'assistant',
      content: [{ type: 'output_text', annotations: [], logprobs: [], text: answer.text }],
    });
  for (const [index, call] of answer.toolCalls.entries())
    items.push({
      id: `fc_${context.id}${index}`,
      type: 'function_call',
      status: 'completed',
      call_id: `call_${context.id}${index}`,
      name: call.name,
      arguments: call.arguments,
    });
  return items;
}

type Status = 'in_progress' | 'completed' | 'incomplete';

function statusOf({ ending }: Answer): 'completed' | 'incomplete' {
  return ending?.kind === 'limit' ? 'incomplete' : 'completed';
}

function envelope(
  request: ChatRequest,
  context: RenderContext,
  status: Status,
  output: readonly (MessageItem | CallItem)[],
): JsonObject {
  const { sampling } = request;
  const createdAt = Math.floor(context.createdMs / 1000);
  return {
    id: `resp_${context.id}`,
    object: 'response',
    created_at: createdAt,
    status,
    background: false,
    completed_at: status === 'completed' ? createdAt : null,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    instructions: null,
    max_output_tokens: sampling.maxTokens,
    max_tool_calls: null,
    model: request.model,
    output: output.map((item) => ({ ...item })),
    parallel_tool_calls: request.parallelToolCalls ?? true,
    previous_response_id: null,
    prompt_cache_key: null,
    reasoning: { effort: null, summary: null },
    safety_identifier: null,
    service_tier: 'default',
    store: false,
    temperature: sampling.temperature ?? 1,
    text: { format: formatOf(request), verbosity: 'medium' },
    tool_choice: choiceOf(request),
    tools: request.tools.map(({ name, description, parameters }) => ({
      type: 'function',
      name,
      description,
      parameters,
      strict: true,
    })),
    top_logprobs: 0,
    top_p: sampling.topP ?? 1,
    truncation: 'disabled',
    usage: status === 'in_progress' ? null : usageOf(context),
    user: null,
    metadata: {},
  };
}

function formatOf({ outputFormat }: ChatRequest): JsonObject {
  if (outputFormat.kind === 'text') return { type: 'text' };
  if (outputFormat.kind === 'json') return { type: 'json_object' };
  const { name, strict, schema } = outputFormat;
  return { type: 'json_schema', name, description: null, strict, schema };
}

function choiceOf({ toolChoice }: ChatRequest): JsonObject | string {
  return typeof toolChoice === 'string' ? toolChoice : { type: 'function', name: toolChoice.name };
}

function usageOf(context: RenderContext): JsonObject {
  return {
    input_tokens: context.inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: context.outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: context.inputTokens + context.outputTokens,
  };
}

function headers(type: string, context: RenderContext): Record<string, string> {
  return { 'content-type': type, 'x-request-id': `req_${context.id}` };
}
