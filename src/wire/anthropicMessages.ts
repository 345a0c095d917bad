import { isArray, isObject, type Json, type JsonObject, parseJson } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { renderResponse, renderStream } from './anthropicMessagesRender.ts';
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
  mediaIn,
  mediaPart,
  numberOf,
  objectOf,
  objectsOf,
  textOf,
  textsOf,
  toolCallOf,
  unknownKeysOf,
} from './fields.ts';
import type { WireError, WireFormat } from './format.ts';
import { pathOnly } from './paths.ts';
import { withRunsJoined } from './runs.ts';
import { parseSse } from './sse.ts';

/** Anthropic's messages. What the `anthropic-version` header changes is the gateway's business: a codec sees no header. */
export const anthropicMessages: WireFormat = {
  name: 'anthropic-messages',
  matches: (method, path) =>
    method === 'POST' && /^(?:\/(?:anthropic|api|v\d\w*))*\/messages\/?$/.test(pathOnly(path)),
  parseRequest,
  parseResponse,
  joinStream,
  renderResponse,
  renderStream,
};

const known = new Set([
  ...['model', 'messages', 'system', 'max_tokens', 'tools', 'tool_choice', 'temperature', 'top_p', 'top_k'],
  ...['stop_sequences', 'stream', 'thinking', 'output_config', 'output_format', 'container', 'mcp_servers'],
  ...['context_management'],
  // These do not change what a right answer is.
  ...['metadata', 'service_tier', 'cache_control', 'inference_geo', 'speed'],
]);

function parseRequest(body: Json): Result<ChatRequest, WireError> {
  if (!isObject(body)) return fail({ message: 'the body is not a JSON object' });
  if (!isArray(body['messages'])) return fail({ message: 'the body has no list of messages' });
  const system = readBlocks(body['system']);
  const turns = objectsOf(body['messages']).flatMap(readMessage);
  const messages: Message[] = system.length === 0 ? turns : [{ role: 'system', parts: system }, ...turns];
  const tools = objectsOf(body['tools']).map(readTool);
  const choice = objectOf(body['tool_choice']);
  return ok({
    model: textOf(body['model']) ?? '',
    messages,
    tools,
    toolChoice: readToolChoice(choice),
    parallelToolCalls:
      typeof choice['disable_parallel_tool_use'] === 'boolean' ? !choice['disable_parallel_tool_use'] : null,
    outputFormat: readOutputFormat(body),
    sampling: {
      temperature: numberOf(body['temperature']),
      topP: numberOf(body['top_p']),
      maxTokens: numberOf(body['max_tokens']),
      stop: textsOf(body['stop_sequences']),
      choices: 1,
      logprobs: false,
      seed: null,
    },
    stream: body['stream'] === true,
    includeUsage: true,
    teacherOnly: teacherOnly(body, messages, tools),
    unknownKeys: unknownKeysOf(body, known),
  });
}

/** One message; tool results, which come inside a user's message, become messages of the role `tool` before it. */
function readMessage(message: JsonObject): Message[] {
  const role =
    message['role'] === 'assistant' ? 'assistant' : message['role'] === 'system' ? 'system' : 'user';
  const parts = readBlocks(message['content']);
  const results = parts.filter((part) => part.kind === 'tool-result');
  const others = parts.filter((part) => part.kind !== 'tool-result');
  const messages: Message[] = [];
  if (results.length > 0) messages.push({ role: 'tool', parts: results });
  if (others.length > 0 || results.length === 0) messages.push({ role, parts: others });
  return messages;
}

function readBlocks(content: Json | undefined): Part[] {
  if (typeof content === 'string') return [{ kind: 'text', text: content }];
  return listOf(content).map(
    (block): Part => (isObject(block) ? readBlock(block) : { kind: 'unknown', raw: block }),
  );
}

function readBlock(block: JsonObject): Part {
  switch (block['type']) {
    case 'text':
      return { kind: 'text', text: textOf(block['text']) ?? '' };
    case 'tool_use':
      return {
        kind: 'tool-call',
        call: toolCallOf(textOf(block['id']) ?? '', textOf(block['name']) ?? '', block['input']),
      };
    case 'tool_result':
      return {
        kind: 'tool-result',
        callId: textOf(block['tool_use_id']) ?? '',
        text: readBlocks(block['content'])
          .map((part) => (part.kind === 'text' ? part.text : ''))
          .join(''),
      };
    case 'thinking':
      return { kind: 'reasoning', text: textOf(block['thinking']) ?? '' };
    case 'image':
    case 'document': {
      const source = objectOf(block['source']);
      return mediaPart(
        block['type'] === 'image' ? 'image' : 'file',
        firstOf(source, 'data', 'url', 'file_id', 'content'),
      );
    }
    default:
      return { kind: 'unknown', raw: block };
  }
}

function readTool(tool: JsonObject): ToolDefinition {
  const type = textOf(tool['type']);
  return {
    name: textOf(tool['name']) ?? type ?? '',
    description: textOf(tool['description']) ?? '',
    parameters: objectOf(tool['input_schema']),
    hosted: type !== null && type !== 'custom',
  };
}

function readToolChoice(choice: JsonObject): ToolChoice {
  if (choice['type'] === 'any') return 'required';
  if (choice['type'] === 'none') return 'none';
  const name = choice['type'] === 'tool' ? textOf(choice['name']) : null;
  return name === null ? 'auto' : { name };
}

function readOutputFormat(body: JsonObject): OutputFormat {
  const format = objectOf(firstOf(objectOf(body['output_config']), 'format') ?? body['output_format']);
  if (format['type'] !== 'json_schema') return { kind: 'text' };
  return {
    kind: 'schema',
    name: textOf(format['name']) ?? '',
    strict: true,
    schema: objectOf(format['schema']),
  };
}

function teacherOnly(
  body: JsonObject,
  messages: readonly Message[],
  tools: readonly ToolDefinition[],
): string[] {
  const found: string[] = [];
  const thinking = textOf(objectOf(body['thinking'])['type']);
  // Thinking blocks are signed by the provider, which checks them on the next turn.
  if (thinking !== null && thinking !== 'disabled') found.push('thinking');
  for (const key of ['container', 'mcp_servers', 'context_management']) if (isSet(body[key])) found.push(key);
  found.push(...tools.filter((tool) => tool.hosted).map((tool) => `hosted tool ${tool.name}`));
  found.push(...mediaIn(messages));
  return found;
}

function parseResponse(given: Json): Result<ChatResponse, WireError> {
  const answer = answerBody(given);
  if (!answer.ok) return answer;
  const body = answer.value;
  if (!isArray(body['content'])) return fail({ message: 'the body has no list of content blocks' });
  const parts = readBlocks(body['content']);
  const texts = parts.filter((part) => part.kind === 'text');
  const thoughts = parts.filter((part) => part.kind === 'reasoning');
  const finish = readFinish(textOf(body['stop_reason']));
  const text = texts.length > 0 ? texts.map((part) => part.text).join('') : null;
  return ok({
    id: textOf(body['id']) ?? '',
    model: textOf(body['model']) ?? '',
    text,
    toolCalls: parts.flatMap((part) => (part.kind === 'tool-call' ? [part.call] : [])),
    reasoning: thoughts.length > 0 ? thoughts.map((part) => part.text).join('') : null,
    refusal: finish === 'refusal' ? (text ?? '') : null,
    finish,
    ...(typeof body['stop_sequence'] === 'string' ? { stopSequence: body['stop_sequence'] } : {}),
    usage: readUsage(body['usage']),
    logprobs: null,
    choices: 1,
  });
}

function readFinish(reason: string | null): FinishReason {
  switch (reason) {
    case 'end_turn':
    case 'stop_sequence':
      return 'stop';
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'tool_use':
      return 'tool-calls';
    case 'refusal':
      return 'refusal';
    default:
      return 'other';
  }
}

/** Anthropic counts cached input apart; here the input is all of it, as OpenTelemetry defines it. */
function readUsage(usage: Json | undefined): Usage | null {
  if (!isObject(usage)) return null;
  const cached = numberOf(usage['cache_read_input_tokens']) ?? 0;
  const written = numberOf(usage['cache_creation_input_tokens']) ?? 0;
  return {
    inputTokens: (numberOf(usage['input_tokens']) ?? 0) + cached + written,
    outputTokens: numberOf(usage['output_tokens']) ?? 0,
    cachedInputTokens: cached,
    reasoningTokens: numberOf(objectOf(usage['output_tokens_details'])['thinking_tokens']) ?? 0,
  };
}

function joinStream(stream: string): Result<Json, WireError> {
  let message: JsonObject | null = null;
  const blocks = new Map<number, OpenBlock>();
  for (const { data } of parseSse(withRunsJoined(stream, appendedText))) {
    const event = parseJson(data);
    if (!isObject(event)) return fail({ message: 'an event of the stream is not a JSON object' });
    const index = numberOf(event['index']) ?? 0;
    switch (event['type']) {
      case 'message_start':
        message = objectOf(event['message']);
        break;
      case 'content_block_start':
        blocks.set(index, { block: { ...objectOf(event['content_block']) }, json: '' });
        break;
      case 'content_block_delta':
        addDelta(blocks.get(index), objectOf(event['delta']));
        break;
      case 'message_delta':
        if (message !== null) message = closeMessage(message, event);
        break;
      case 'error':
        return fail({ message: `the stream carries an error: ${errorIn(event) ?? 'unknown'}` });
      case 'message_stop':
        return message === null
          ? fail({ message: 'the stream stopped before it started' })
          : finish(
              message,
              [...blocks.entries()].sort(([a], [b]) => a - b).map(([, block]) => block),
            );
    }
  }
  return fail({ message: 'the stream ended without message_stop' });
}

/** The text that an event adds to a block; null for an event of another kind. */
function appendedText(event: JsonObject): string | null {
  const { type: _, ...added } = objectOf(event['delta']);
  const texts = Object.values(added);
  const isText = event['type'] === 'content_block_delta' && texts.length === 1;
  return isText ? textOf(texts[0]) : null;
}

interface OpenBlock {
  readonly block: Record<string, Json>;
  /** The text of a tool's input so far. */
  json: string;
}

function addDelta(open: OpenBlock | undefined, delta: JsonObject): void {
  if (open === undefined) return;
  if (delta['type'] === 'input_json_delta') {
    open.json += textOf(delta['partial_json']) ?? '';
    return;
  }
  if (delta['type'] === 'citations_delta') {
    open.block['citations'] = [...listOf(open.block['citations']), delta['citation'] ?? null];
    return;
  }
  for (const [key, value] of Object.entries(delta)) {
    if (key === 'type') continue;
    const old = open.block[key];
    open.block[key] = typeof old === 'string' && typeof value === 'string' ? old + value : value;
  }
}

function closeMessage(message: JsonObject, event: JsonObject): JsonObject {
  const usage = { ...objectOf(message['usage']), ...objectOf(event['usage']) };
  return { ...message, ...objectOf(event['delta']), usage };
}

function finish(message: JsonObject, open: readonly OpenBlock[]): Result<Json, WireError> {
  const content: Json[] = [];
  for (const { block, json } of open) {
    if (json === '') {
      content.push(block);
      continue;
    }
    const input = parseJson(json);
    if (input === undefined) return fail({ message: "a tool's input in the stream is not JSON" });
    content.push({ ...block, input });
  }
  return ok({ ...message, content });
}
