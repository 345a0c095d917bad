import { canonicalJson, isArray, isObject, type Json, type JsonObject, parseJson } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type {
  ChatRequest,
  ChatResponse,
  FinishReason,
  Message,
  OutputFormat,
  Part,
  Role,
  Sampling,
  ToolCall,
  ToolChoice,
  ToolDefinition,
  Usage,
} from './chat.ts';
import {
  answerBody,
  errorIn,
  firstOf,
  isSet,
  listOf,
  logprobsOf,
  mediaIn,
  mediaPart,
  numberOf,
  objectOf,
  objectsOf,
  textOf,
  textsOf,
  toolCall,
  toolCallOf,
  unknownKeysOf,
} from './fields.ts';
import type { WireError, WireFormat } from './format.ts';
import { renderResponse, renderStream } from './openaiChatRender.ts';
import { appendedText, joinChunks } from './openaiChunks.ts';
import { pathOnly } from './paths.ts';
import { withRunsJoined } from './runs.ts';
import { parseSse } from './sse.ts';

/**
 * OpenAI's chat completions, also as Azure deployments and the many compatible servers speak it (DeepSeek's and vLLM's
 * `reasoning_content`, Groq's `/openai/v1` and `reasoning`, Mistral's thinking parts and `random_seed`).
 */
export const openaiChat: WireFormat = {
  name: 'openai-chat',
  matches: (method, path) => method === 'POST' && /(?:^|\/)chat\/completions\/?$/.test(pathOnly(path)),
  parseRequest,
  parseResponse,
  joinStream,
  renderResponse,
  renderStream,
};

const known = new Set([
  ...['model', 'messages', 'tools', 'tool_choice', 'parallel_tool_calls', 'response_format', 'stream'],
  ...[
    'stream_options',
    'temperature',
    'top_p',
    'max_tokens',
    'max_completion_tokens',
    'stop',
    'n',
    'logprobs',
  ],
  ...[
    'top_logprobs',
    'seed',
    'random_seed',
    'store',
    'logit_bias',
    'modalities',
    'audio',
    'web_search_options',
  ],
  ...['functions', 'function_call', 'best_of', 'echo'],
  // These do not change what a right answer is.
  ...['user', 'metadata', 'service_tier', 'prompt_cache_key', 'prompt_cache_retention', 'safety_identifier'],
  ...['frequency_penalty', 'presence_penalty', 'repetition_penalty', 'top_k', 'min_p', 'reasoning_effort'],
  ...[
    'verbosity',
    'prediction',
    'safe_prompt',
    'reasoning_format',
    'include_reasoning',
    'prompt_cache_options',
  ],
]);

function parseRequest(body: Json): Result<ChatRequest, WireError> {
  if (!isObject(body)) return fail({ message: 'the body is not a JSON object' });
  if (!isArray(body['messages'])) return fail({ message: 'the body has no list of messages' });
  const messages = objectsOf(body['messages']).map(readMessage);
  const tools = objectsOf(body['tools']).map(readTool);
  const sampling = readSampling(body);
  return ok({
    model: textOf(body['model']) ?? '',
    messages,
    tools,
    toolChoice: readToolChoice(body['tool_choice']),
    parallelToolCalls: typeof body['parallel_tool_calls'] === 'boolean' ? body['parallel_tool_calls'] : null,
    outputFormat: readOutputFormat(body['response_format']),
    sampling,
    stream: body['stream'] === true,
    includeUsage: objectOf(body['stream_options'])['include_usage'] === true,
    teacherOnly: teacherOnly(body, messages, tools, sampling),
    unknownKeys: unknownKeysOf(body, known),
  });
}

function readMessage(message: JsonObject): Message {
  const role = readRole(textOf(message['role']));
  const parts: Part[] = [];
  const reasoning = textOf(firstOf(message, 'reasoning_content', 'reasoning'));
  if (reasoning) parts.push({ kind: 'reasoning', text: reasoning });
  if (role === 'tool') {
    const text = contentText(message['content']);
    parts.push({ kind: 'tool-result', callId: textOf(message['tool_call_id']) ?? '', text });
  } else parts.push(...readContent(message['content']));
  const refusal = textOf(message['refusal']);
  if (refusal) parts.push({ kind: 'text', text: refusal });
  for (const call of readToolCalls(message)) parts.push({ kind: 'tool-call', call });
  const name = textOf(message['name']);
  return name === null ? { role, parts } : { role, parts, name };
}

function readRole(role: string | null): Role {
  if (role === 'system' || role === 'developer') return 'system';
  if (role === 'assistant') return 'assistant';
  return role === 'tool' || role === 'function' ? 'tool' : 'user';
}

function readContent(content: Json | undefined): Part[] {
  if (typeof content === 'string') return [{ kind: 'text', text: content }];
  return listOf(content).flatMap((part): Part[] => {
    if (typeof part === 'string') return [{ kind: 'text', text: part }];
    return isObject(part) ? [readPart(part)] : [{ kind: 'unknown', raw: part }];
  });
}

function readPart(part: JsonObject): Part {
  switch (part['type']) {
    case 'text':
      return { kind: 'text', text: textOf(part['text']) ?? '' };
    case 'refusal':
      return { kind: 'text', text: textOf(part['refusal']) ?? '' };
    case 'thinking':
      return { kind: 'reasoning', text: contentText(part['thinking']) };
    case 'image_url': {
      const image = part['image_url'];
      return mediaPart('image', isObject(image) ? image['url'] : image);
    }
    case 'input_audio':
      return mediaPart('audio', objectOf(part['input_audio'])['data']);
    case 'file': {
      const file = objectOf(part['file']);
      return mediaPart('file', firstOf(file, 'file_data', 'file_id'));
    }
    default:
      return { kind: 'unknown', raw: part };
  }
}

/** The text of a content that is a text or a list of text parts. */
function contentText(content: Json | undefined): string {
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .map((part) => textOf(part['text']) ?? '')
    .join('');
}

function readToolCalls(message: JsonObject): ToolCall[] {
  const calls = objectsOf(message['tool_calls']).map((call) => {
    const id = textOf(call['id']) ?? '';
    const described = objectOf(firstOf(call, 'function', 'custom'));
    const name = textOf(described['name']) ?? '';
    const text = firstOf(described, 'arguments', 'input');
    // Mistral's models may give the arguments as an object.
    return typeof text === 'string' ? toolCall(id, name, text) : toolCallOf(id, name, text);
  });
  const legacy = message['function_call'];
  if (isObject(legacy))
    calls.push(toolCall('', textOf(legacy['name']) ?? '', textOf(legacy['arguments']) ?? ''));
  return calls;
}

function readTool(tool: JsonObject): ToolDefinition {
  const described = objectOf(tool['function']);
  const isFunction = tool['type'] === 'function' || tool['type'] === undefined;
  return {
    name: textOf(described['name']) ?? textOf(tool['name']) ?? textOf(tool['type']) ?? '',
    description: textOf(described['description']) ?? '',
    parameters: objectOf(described['parameters']),
    hosted: !isFunction,
  };
}

function readToolChoice(choice: Json | undefined): ToolChoice {
  if (choice === 'none' || choice === 'required') return choice;
  if (choice === 'any') return 'required';
  const name = textOf(objectOf(objectOf(choice)['function'])['name']);
  return name === null ? 'auto' : { name };
}

function readOutputFormat(format: Json | undefined): OutputFormat {
  const type = objectOf(format)['type'];
  if (type === 'json_object') return { kind: 'json' };
  if (type !== 'json_schema') return { kind: 'text' };
  const schema = objectOf(objectOf(format)['json_schema']);
  return {
    kind: 'schema',
    name: textOf(schema['name']) ?? '',
    strict: schema['strict'] === true,
    schema: objectOf(schema['schema']),
  };
}

function readSampling(body: JsonObject): Sampling {
  return {
    temperature: numberOf(body['temperature']),
    topP: numberOf(body['top_p']),
    maxTokens: numberOf(firstOf(body, 'max_completion_tokens', 'max_tokens')),
    stop: textsOf(body['stop']),
    choices: numberOf(body['n']) ?? 1,
    logprobs: isSet(body['logprobs']) || isSet(body['top_logprobs']),
    seed: numberOf(firstOf(body, 'seed', 'random_seed')),
    ...(isSet(body['logit_bias']) ? { bias: canonicalJson(body['logit_bias'] ?? null) } : {}),
  };
}

function teacherOnly(
  body: JsonObject,
  messages: readonly Message[],
  tools: readonly ToolDefinition[],
  sampling: Sampling,
): string[] {
  const found: string[] = [];
  if (sampling.choices > 1) found.push('more than one choice');
  if (sampling.logprobs) found.push('logprobs');
  if (body['store'] === true) found.push('store');
  if (isSet(body['audio']) || listOf(body['modalities']).some((m) => m !== 'text'))
    found.push('audio output');
  if (body['web_search_options'] !== undefined) found.push('hosted tool web_search');
  if (isSet(body['functions']) || isSet(body['function_call'])) found.push('legacy functions');
  found.push(...tools.filter((tool) => tool.hosted).map((tool) => `hosted tool ${tool.name}`));
  found.push(...mediaIn(messages));
  return found;
}

function parseResponse(given: Json): Result<ChatResponse, WireError> {
  const answer = answerBody(given);
  if (!answer.ok) return answer;
  const body = answer.value;
  const choices = objectsOf(body['choices']);
  const choice = choices[0];
  if (choice === undefined) return fail({ message: 'the body has no choice' });
  const message = objectOf(choice['message']);
  const parts = readContent(message['content']);
  const thinking = parts.map((part) => (part.kind === 'reasoning' ? part.text : '')).join('');
  return ok({
    id: textOf(body['id']) ?? '',
    model: textOf(body['model']) ?? '',
    text: isAbsent(message) ? null : joinText(parts),
    toolCalls: readToolCalls(message),
    reasoning: textOf(firstOf(message, 'reasoning_content', 'reasoning')) ?? (thinking || null),
    refusal: textOf(message['refusal']),
    finish: message['refusal'] ? 'refusal' : readFinish(textOf(choice['finish_reason'])),
    usage: readUsage(body['usage']),
    logprobs: logprobsOf(objectOf(choice['logprobs'])['content']),
    choices: choices.length,
  });
}

/** A refusal that was streamed began with an empty text. */
function isAbsent({ content, refusal }: JsonObject): boolean {
  return content === null || content === undefined || (content === '' && isSet(refusal));
}

function joinText(parts: readonly Part[]): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}

function readFinish(reason: string | null): FinishReason {
  switch (reason) {
    case 'stop':
    case 'eos':
    case 'eos_token':
    case 'stop_sequence':
    case 'end_turn':
      return 'stop';
    case 'length':
    case 'max_tokens':
    case 'model_length':
      return 'length';
    case 'tool_calls':
    case 'function_call':
    case 'tool_use':
      return 'tool-calls';
    case 'content_filter':
      return 'content-filter';
    case 'error':
    case 'insufficient_system_resource':
      return 'error';
    default:
      return 'other';
  }
}

function readUsage(usage: Json | undefined): Usage | null {
  if (!isObject(usage)) return null;
  return {
    inputTokens: numberOf(usage['prompt_tokens']) ?? 0,
    outputTokens: numberOf(usage['completion_tokens']) ?? 0,
    cachedInputTokens:
      numberOf(objectOf(usage['prompt_tokens_details'])['cached_tokens']) ??
      numberOf(usage['prompt_cache_hit_tokens']) ??
      0,
    reasoningTokens: numberOf(objectOf(usage['completion_tokens_details'])['reasoning_tokens']) ?? 0,
  };
}

function joinStream(stream: string): Result<Json, WireError> {
  const chunks: JsonObject[] = [];
  for (const { data } of parseSse(withRunsJoined(stream, appendedText))) {
    if (data.trim() === '[DONE]') return joinChunks(chunks);
    const chunk = parseJson(data);
    if (!isObject(chunk)) return fail({ message: 'an event of the stream is not a JSON object' });
    const error = errorIn(chunk);
    if (error !== null) return fail({ message: `the stream carries an error: ${error}` });
    chunks.push(chunk);
  }
  // A few servers never say it; where the figures came, which close a stream, nothing is missing.
  const hasFigures = isSet(chunks.at(-1)?.['usage']);
  return hasFigures ? joinChunks(chunks) : fail({ message: 'the stream ended without [DONE]' });
}
