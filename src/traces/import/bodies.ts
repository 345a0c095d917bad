import { isArray, isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { ProviderName, WireFormatName } from '../../wire/format.ts';
import { array, call, type ImportedCall, number, object, type Reading, text } from './record.ts';

/** Turns what the sources say about a call into the wire bodies of OpenAI's chat completions. */

export interface ChatParts {
  readonly model: string | null;
  readonly messages: readonly JsonObject[];
  readonly tools?: readonly Json[] | null;
  /** Sampling parameters under OpenAI's names; others are left out. */
  readonly parameters?: JsonObject;
}

const parameterNames = [
  'temperature',
  'top_p',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'n',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'response_format',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning_effort',
  'logprobs',
  'top_logprobs',
];

export function chatRequest({ model, messages, tools, parameters = {} }: ChatParts): JsonObject {
  const request: Record<string, Json> = { model: model ?? 'unknown', messages };
  for (const name of parameterNames) {
    const value = parameters[name];
    if (value !== undefined && value !== null) request[name] = value;
  }
  if (tools && tools.length > 0) request['tools'] = tools.map(chatTool);
  return request;
}

export interface ChatOutput {
  readonly id: string | null;
  readonly model: string | null;
  /** An assistant message in OpenAI's form. */
  readonly message: JsonObject;
  readonly finish: string | null;
  readonly startMs: number | null;
  readonly inputTokens?: number | null;
  readonly outputTokens?: number | null;
}

export function chatResponse(output: ChatOutput): JsonObject {
  const { message, inputTokens = null, outputTokens = null } = output;
  const called = isArray(message['tool_calls']) && message['tool_calls'].length > 0;
  const response: Record<string, Json> = {
    id: output.id ?? 'imported',
    object: 'chat.completion',
    created: Math.floor((output.startMs ?? 0) / 1000),
    model: output.model ?? 'unknown',
    choices: [
      { index: 0, message, logprobs: null, finish_reason: output.finish ?? (called ? 'tool_calls' : 'stop') },
    ],
  };
  if (inputTokens !== null && outputTokens !== null) {
    const total_tokens = inputTokens + outputTokens;
    response['usage'] = { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens };
  }
  return response;
}

const roles: Readonly<Record<string, string>> = {
  human: 'user',
  user: 'user',
  gpt: 'assistant',
  ai: 'assistant',
  assistant: 'assistant',
  chatgpt: 'assistant',
  bing: 'assistant',
  bard: 'assistant',
  model: 'assistant',
  system: 'system',
  developer: 'developer',
  tool: 'tool',
  function: 'tool',
  observation: 'tool',
};

/** A role under whatever name a source gives it; null for one that is not known. */
export function chatRole(role: string | null): string | null {
  return roles[(role ?? '').toLowerCase()] ?? null;
}

/** A message of OpenAI's own or a similar shape; null where it is none. Old function calls become tool calls. */
export function chatMessage(value: Json, index: number): JsonObject | null {
  if (!isObject(value)) return null;
  const role = chatRole(text(value, 'role', 'type'));
  if (role === null) return null;
  const content = value['content'] ?? null;
  if (role === 'tool') {
    const id = text(value, 'tool_call_id') ?? text(value, 'name') ?? 'call_0';
    return {
      role,
      tool_call_id: id,
      content: typeof content === 'string' ? content : JSON.stringify(content),
    };
  }
  const message: Record<string, Json> = { role, content };
  const name = text(value, 'name');
  if (name !== null) message['name'] = name;
  if (role !== 'assistant') return message;
  const calls = toolCalls(value, index);
  if (calls.length > 0) message['tool_calls'] = calls;
  const refusal = text(value, 'refusal');
  if (refusal !== null) message['refusal'] = refusal;
  const reasoning = text(value, 'reasoning_content');
  if (reasoning !== null) message['reasoning_content'] = reasoning;
  return message;
}

/** All messages of a list; null where one is not readable: half a conversation is none. */
export function chatMessages(values: readonly Json[]): JsonObject[] | null {
  const messages = values.map(chatMessage);
  return messages.every((m) => m !== null) && messages.length > 0 ? messages : null;
}

function toolCalls(message: JsonObject, index: number): JsonObject[] {
  const old = object(message, 'function_call');
  if (typeof old['name'] === 'string') return [toolCall(old['name'], old['name'], old['arguments'])];
  return (array(message, 'tool_calls') ?? []).filter(isObject).map((call, i) => {
    const inner = object(call, 'function');
    const name = text(inner, 'name') ?? text(call, 'name') ?? '';
    const given = inner['arguments'] ?? call['arguments'] ?? call['args'] ?? call['input'];
    return toolCall(text(call, 'id') ?? `call_${index}_${i}`, name, given);
  });
}

/** A tool call in OpenAI's form; its arguments are a text of JSON whatever they were before. */
export function toolCall(id: string, name: string, given: Json | undefined): JsonObject {
  const text_ = typeof given === 'string' ? given : JSON.stringify(given ?? {});
  return { id, type: 'function', function: { name, arguments: text_ } };
}

/** A tool definition in OpenAI's form, from that, from Anthropic's, or from the bare function. */
function chatTool(value: Json): Json {
  if (!isObject(value) || value['type'] === 'function' || isObject(value['function'])) return value;
  if (typeof value['name'] !== 'string') return value;
  const { name, description = '', input_schema, parameters = input_schema ?? {} } = value;
  return { type: 'function', function: { name, description, parameters } };
}

/** A call in the form of OpenAI's chat completions, of which a source told the conversation. */
export function chatCall(
  known: Pick<ImportedCall, 'request' | 'response'> & Partial<ImportedCall>,
): readonly Reading[] {
  return call({
    sourceId: null,
    startMs: null,
    durationMs: 0,
    firstByteMs: null,
    provider: 'openai',
    format: 'openai-chat',
    path: '/v1/chat/completions',
    status: 200,
    site: null,
    ...known,
  });
}

/** Which wire format bodies are, seen from their shape alone; null where they are none that we know. */
export function formatOfBodies(request: JsonObject, response: Json | null): WireFormatName | null {
  const answer = isObject(response) ? response : {};
  if (isArray(request['contents'])) return 'gemini-generate';
  if (request['input'] !== undefined && request['messages'] === undefined) return 'openai-responses';
  if (!isArray(request['messages'])) return null;
  if (answer['type'] === 'message' || (answer['type'] === 'error' && isObject(answer['error'])))
    return 'anthropic-messages';
  const claude = /^(?:anthropic\/)?claude/.test(text(request, 'model') ?? '');
  if (claude && request['max_tokens'] !== undefined && answer['choices'] === undefined)
    return 'anthropic-messages';
  return 'openai-chat';
}

/** The path that a call of this format would have had. */
export function pathOfFormat(format: WireFormatName, model: string | null): string {
  if (format === 'anthropic-messages') return '/v1/messages';
  if (format === 'openai-responses') return '/v1/responses';
  if (format === 'gemini-generate') return `/v1beta/models/${model ?? 'unknown'}:generateContent`;
  if (format === 'ollama-chat') return '/api/chat';
  if (format === 'ollama-generate') return '/api/generate';
  return '/v1/chat/completions';
}

/** Our name for a provider, by whatever name a source calls it; compatible servers speak OpenAI's wire. */
export function providerOf(name: string | null, format: WireFormatName): ProviderName {
  const known = (name ?? '').toLowerCase();
  if (known.includes('azure')) return 'azure';
  if (format === 'anthropic-messages') return 'anthropic';
  if (format === 'gemini-generate') return 'gemini';
  if (format.startsWith('ollama')) return 'ollama';
  return 'openai';
}

/** The finish reason under OpenAI's name. */
export function finishReason(reason: string | null): string | null {
  if (reason === null) return null;
  const known: Record<string, string> = {
    end_turn: 'stop',
    stop_sequence: 'stop',
    max_tokens: 'length',
    tool_call: 'tool_calls',
    tool_use: 'tool_calls',
    'tool-calls': 'tool_calls',
    refusal: 'content_filter',
    'content-filter': 'content_filter',
  };
  return known[reason] ?? reason;
}

/** Input and output tokens under any of their names. */
export function tokensOf(usage: JsonObject): { inputTokens: number | null; outputTokens: number | null } {
  return {
    inputTokens: number(usage, 'input_tokens', 'prompt_tokens', 'input', 'inputTokens', 'promptTokens'),
    outputTokens: number(
      usage,
      'output_tokens',
      'completion_tokens',
      'output',
      'outputTokens',
      'completionTokens',
    ),
  };
}
