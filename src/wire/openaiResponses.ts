import { isArray, isObject, type Json, type JsonObject, parseJson } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type {
  ChatRequest,
  ChatResponse,
  FinishReason,
  Message,
  OutputFormat,
  Part,
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
  toolCall,
  unknownKeysOf,
} from './fields.ts';
import type { WireError, WireFormat } from './format.ts';
import { renderResponse, renderStream } from './openaiResponsesRender.ts';
import { pathOnly } from './paths.ts';
import { parseSse } from './sse.ts';

/** OpenAI's Responses API, also on Azure. Only calls that stand alone are a student's: what refers to stored state is not. */
export const openaiResponses: WireFormat = {
  name: 'openai-responses',
  matches: (method, path) => method === 'POST' && /(?:^|\/)responses\/?$/.test(pathOnly(path)),
  parseRequest,
  parseResponse,
  joinStream,
  renderResponse,
  renderStream,
};

const known = new Set([
  ...['model', 'input', 'instructions', 'tools', 'tool_choice', 'parallel_tool_calls', 'text', 'stream'],
  ...['stream_options', 'temperature', 'top_p', 'max_output_tokens', 'top_logprobs', 'store', 'include'],
  ...['reasoning', 'previous_response_id', 'conversation', 'background', 'prompt', 'context_management'],
  // These do not change what a right answer is.
  ...['user', 'metadata', 'service_tier', 'prompt_cache_key', 'prompt_cache_retention', 'safety_identifier'],
  ...['truncation', 'max_tool_calls', 'prompt_cache_options'],
]);

function parseRequest(body: Json): Result<ChatRequest, WireError> {
  if (!isObject(body)) return fail({ message: 'the body is not a JSON object' });
  const messages = readInput(body);
  const tools = objectsOf(body['tools']).map(readTool);
  const includes = listOf(body['include']).filter((item) => typeof item === 'string');
  const logprobs = isSet(body['top_logprobs']) || includes.includes('message.output_text.logprobs');
  return ok({
    model: textOf(body['model']) ?? '',
    messages,
    tools,
    toolChoice: readToolChoice(body['tool_choice']),
    parallelToolCalls: typeof body['parallel_tool_calls'] === 'boolean' ? body['parallel_tool_calls'] : null,
    outputFormat: readOutputFormat(objectOf(objectOf(body['text'])['format'])),
    sampling: {
      temperature: numberOf(body['temperature']),
      topP: numberOf(body['top_p']),
      maxTokens: numberOf(body['max_output_tokens']),
      stop: [],
      choices: 1,
      logprobs,
      seed: null,
    },
    stream: body['stream'] === true,
    includeUsage: true,
    teacherOnly: teacherOnly(body, messages, tools, logprobs),
    unknownKeys: unknownKeysOf(body, known),
  });
}

function readInput(body: JsonObject): Message[] {
  const messages: Message[] = [];
  const instructions = textOf(body['instructions']);
  if (instructions !== null) messages.push({ role: 'system', parts: [{ kind: 'text', text: instructions }] });
  const input = body['input'];
  if (typeof input === 'string') messages.push({ role: 'user', parts: [{ kind: 'text', text: input }] });
  for (const item of objectsOf(input)) messages.push(readItem(item));
  return messages;
}

function readItem(item: JsonObject): Message {
  switch (item['type'] ?? 'message') {
    case 'message': {
      const role = textOf(item['role']);
      const isSystem = role === 'system' || role === 'developer';
      return {
        role: isSystem ? 'system' : role === 'assistant' ? 'assistant' : 'user',
        parts: readContent(item['content']),
      };
    }
    case 'function_call':
      return { role: 'assistant', parts: [{ kind: 'tool-call', call: readCall(item) }] };
    case 'function_call_output': {
      const output = item['output'];
      const text = typeof output === 'string' ? output : textIn(readContent(output));
      return { role: 'tool', parts: [{ kind: 'tool-result', callId: textOf(item['call_id']) ?? '', text }] };
    }
    case 'reasoning':
      return { role: 'assistant', parts: [{ kind: 'reasoning', text: reasoningText(item) }] };
    default:
      return { role: 'user', parts: [{ kind: 'unknown', raw: item }] };
  }
}

function readContent(content: Json | undefined): Part[] {
  if (typeof content === 'string') return [{ kind: 'text', text: content }];
  return listOf(content).map(
    (part): Part => (isObject(part) ? readPart(part) : { kind: 'unknown', raw: part }),
  );
}

function readPart(part: JsonObject): Part {
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { kind: 'text', text: textOf(part['text']) ?? '' };
    case 'refusal':
      return { kind: 'text', text: textOf(part['refusal']) ?? '' };
    case 'input_image':
      return mediaPart('image', firstOf(part, 'image_url', 'file_id'));
    case 'input_file':
      return mediaPart('file', firstOf(part, 'file_data', 'file_url', 'file_id'));
    case 'input_audio':
      return mediaPart('audio', firstOf(objectOf(part['input_audio']), 'data'));
    default:
      return { kind: 'unknown', raw: part };
  }
}

function readCall(item: JsonObject) {
  const id = textOf(firstOf(item, 'call_id', 'id')) ?? '';
  return toolCall(id, textOf(item['name']) ?? '', textOf(item['arguments']) ?? '');
}

function reasoningText(item: JsonObject): string {
  return [...objectsOf(item['summary']), ...objectsOf(item['content'])]
    .map((part) => textOf(part['text']) ?? '')
    .join('\n');
}

function readTool(tool: JsonObject): ToolDefinition {
  return {
    name: textOf(tool['name']) ?? textOf(tool['type']) ?? '',
    description: textOf(tool['description']) ?? '',
    parameters: objectOf(tool['parameters']),
    hosted: tool['type'] !== 'function',
  };
}

function readToolChoice(choice: Json | undefined): ToolChoice {
  if (choice === 'none' || choice === 'required') return choice;
  const name = textOf(objectOf(choice)['name']);
  return name === null ? 'auto' : { name };
}

function readOutputFormat(format: JsonObject): OutputFormat {
  if (format['type'] === 'json_object') return { kind: 'json' };
  if (format['type'] !== 'json_schema') return { kind: 'text' };
  return {
    kind: 'schema',
    name: textOf(format['name']) ?? '',
    strict: format['strict'] === true,
    schema: objectOf(format['schema']),
  };
}

function teacherOnly(
  body: JsonObject,
  messages: readonly Message[],
  tools: readonly ToolDefinition[],
  logprobs: boolean,
): string[] {
  const found: string[] = [];
  for (const key of ['previous_response_id', 'conversation', 'background', 'prompt', 'context_management'])
    if (isSet(body[key])) found.push(key);
  if (body['store'] === true) found.push('store');
  if (logprobs) found.push('logprobs');
  if (isSet(objectOf(body['reasoning'])['summary'])) found.push('reasoning summary');
  for (const item of listOf(body['include']))
    if (item !== 'message.output_text.logprobs') found.push(`include ${String(item)}`);
  found.push(...tools.filter((tool) => tool.hosted).map((tool) => `hosted tool ${tool.name}`));
  found.push(...mediaIn(messages));
  return found;
}

function parseResponse(given: Json): Result<ChatResponse, WireError> {
  const answer = answerBody(given);
  if (!answer.ok) return answer;
  const body = answer.value;
  if (!isArray(body['output'])) return fail({ message: 'the body has no list of output items' });
  const items = objectsOf(body['output']);
  const contents = items
    .filter((item) => item['type'] === 'message')
    .flatMap((item) => objectsOf(item['content']));
  const texts = contents.filter((part) => part['type'] === 'output_text');
  const refusals = contents.filter((part) => part['type'] === 'refusal');
  const thoughts = items.filter((item) => item['type'] === 'reasoning').map(reasoningText);
  const toolCalls = items.filter((item) => item['type'] === 'function_call').map(readCall);
  const logprobs = texts.flatMap((part) => logprobsOf(part['logprobs']) ?? []);
  const refusal = refusals.map((part) => textOf(part['refusal']) ?? '').join('');
  return ok({
    id: textOf(body['id']) ?? '',
    model: textOf(body['model']) ?? '',
    text: texts.length > 0 ? texts.map((part) => textOf(part['text']) ?? '').join('') : null,
    toolCalls,
    reasoning: thoughts.join('\n') || null,
    refusal: refusals.length > 0 ? refusal : null,
    finish: refusals.length > 0 ? 'refusal' : readFinish(body, toolCalls.length > 0),
    usage: readUsage(body['usage']),
    logprobs: logprobs.length > 0 ? logprobs : null,
    choices: 1,
  });
}

function readFinish(body: JsonObject, callsTools: boolean): FinishReason {
  switch (body['status']) {
    case 'completed':
      return callsTools ? 'tool-calls' : 'stop';
    case 'incomplete': {
      const reason = objectOf(body['incomplete_details'])['reason'];
      return reason === 'max_output_tokens'
        ? 'length'
        : reason === 'content_filter'
          ? 'content-filter'
          : 'other';
    }
    case 'failed':
    case 'cancelled':
      return 'error';
    default:
      return 'other';
  }
}

function readUsage(usage: Json | undefined): Usage | null {
  if (!isObject(usage)) return null;
  return {
    inputTokens: numberOf(usage['input_tokens']) ?? 0,
    outputTokens: numberOf(usage['output_tokens']) ?? 0,
    cachedInputTokens: numberOf(objectOf(usage['input_tokens_details'])['cached_tokens']) ?? 0,
    reasoningTokens: numberOf(objectOf(usage['output_tokens_details'])['reasoning_tokens']) ?? 0,
  };
}

/** The last event carries the whole response; its items come from the events where a server leaves them out. */
function joinStream(stream: string): Result<Json, WireError> {
  const items = new Map<number, JsonObject>();
  for (const { data } of parseSse(stream)) {
    if (data.trim() === '[DONE]') break;
    const event = parseJson(data);
    if (!isObject(event)) return fail({ message: 'an event of the stream is not a JSON object' });
    switch (event['type']) {
      case 'response.output_item.done':
        items.set(numberOf(event['output_index']) ?? items.size, objectOf(event['item']));
        break;
      case 'response.completed':
      case 'response.incomplete':
        return ok(withItems(objectOf(event['response']), items));
      case 'response.failed':
        return fail({
          message: `the stream carries an error: ${errorIn(objectOf(event['response'])) ?? 'failed'}`,
        });
      case 'error':
        return fail({
          message: `the stream carries an error: ${textOf(event['message']) ?? errorIn(event) ?? ''}`,
        });
    }
  }
  return fail({ message: 'the stream ended without a last event' });
}

function withItems(response: JsonObject, items: ReadonlyMap<number, JsonObject>): JsonObject {
  if (isSet(response['output']) || items.size === 0) return response;
  return { ...response, output: [...items.entries()].sort(([a], [b]) => a - b).map(([, item]) => item) };
}

function textIn(parts: readonly Part[]): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}
