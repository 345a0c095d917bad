import { isArray, isObject, type Json, type JsonObject } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Answer, ChatRequest, ChatResponse, Message, Part, Role, ToolDefinition } from './chat.ts';
import {
  answerBody,
  argumentsValue,
  listOf,
  logprobsOf,
  mediaIn,
  mediaPart,
  objectOf,
  objectsOf,
  textOf,
  toolCallOf,
  unknownKeysOf,
} from './fields.ts';
import type { RenderContext, Rendered, WireError, WireFormat } from './format.ts';
import {
  closing,
  hasText,
  joinLines,
  joinText,
  opening,
  readFinish,
  readFormat,
  readSampling,
  readUsage,
  renderLines,
  sharedKeys,
  sharedTeacherOnly,
} from './ollama.ts';
import { pathOnly } from './paths.ts';

/** Ollama's `/api/chat`: newline-delimited JSON, streamed unless told otherwise. */
export const ollamaChat: WireFormat = {
  name: 'ollama-chat',
  matches: (method, path) => method === 'POST' && /^\/(?:api\/)?chat\/?$/.test(pathOnly(path)),
  parseRequest,
  parseResponse,
  joinStream: (stream) => joinLines(stream, addLine),
  renderResponse,
  renderStream,
};

const known = new Set([...sharedKeys, 'messages', 'tools']);

function parseRequest(body: Json): Result<ChatRequest, WireError> {
  if (!isObject(body)) return fail({ message: 'the body is not a JSON object' });
  if (!isArray(body['messages'])) return fail({ message: 'the body has no list of messages' });
  const messages = objectsOf(body['messages']).map(readMessage);
  return ok({
    model: textOf(body['model']) ?? '',
    messages,
    tools: objectsOf(body['tools']).map(readTool),
    toolChoice: 'auto',
    parallelToolCalls: null,
    outputFormat: readFormat(body['format']),
    sampling: readSampling(body),
    stream: body['stream'] !== false,
    includeUsage: true,
    teacherOnly: [...sharedTeacherOnly(body), ...mediaIn(messages)],
    unknownKeys: unknownKeysOf(body, known),
  });
}

function readMessage(message: JsonObject): Message {
  const role = readRole(textOf(message['role']));
  const content = textOf(message['content']) ?? '';
  const parts: Part[] = [];
  const thinking = textOf(message['thinking']);
  if (thinking) parts.push({ kind: 'reasoning', text: thinking });
  if (role === 'tool') {
    const callId = textOf(message['tool_call_id']) ?? textOf(message['tool_name']) ?? '';
    parts.push({ kind: 'tool-result', callId, text: content });
  } else if (content !== '' || role !== 'assistant') parts.push({ kind: 'text', text: content });
  for (const image of listOf(message['images'])) parts.push(mediaPart('image', image));
  for (const call of readCalls(message)) parts.push({ kind: 'tool-call', call });
  return { role, parts };
}

function readRole(role: string | null): Role {
  return role === 'system' || role === 'assistant' || role === 'tool' ? role : 'user';
}

function readCalls(message: JsonObject) {
  return objectsOf(message['tool_calls']).map((call) => {
    const { name, arguments: value } = objectOf(call['function']);
    return toolCallOf(textOf(call['id']) ?? '', textOf(name) ?? '', value);
  });
}

function readTool(tool: JsonObject): ToolDefinition {
  const described = objectOf(tool['function']);
  return {
    name: textOf(described['name']) ?? '',
    description: textOf(described['description']) ?? '',
    parameters: objectOf(described['parameters']),
    hosted: false,
  };
}

function parseResponse(given: Json): Result<ChatResponse, WireError> {
  const answer = answerBody(given);
  if (!answer.ok) return answer;
  const body = answer.value;
  const message = body['message'];
  if (!isObject(message)) return fail({ message: 'the body has no message' });
  const toolCalls = readCalls(message);
  const content = textOf(message['content']);
  return ok({
    id: '',
    model: textOf(body['model']) ?? '',
    // Beside tool calls an empty text is no text.
    text: content === '' && toolCalls.length > 0 ? null : content,
    toolCalls,
    reasoning: textOf(message['thinking']),
    refusal: null,
    finish: readFinish(body, toolCalls.length > 0),
    usage: readUsage(body),
    logprobs: logprobsOf(body['logprobs']),
    choices: 1,
  });
}

function addLine(joined: JsonObject, line: JsonObject): JsonObject {
  const [old, piece] = [objectOf(joined['message']), objectOf(line['message'])];
  const message: Record<string, Json> = { ...old, ...piece };
  for (const key of ['content', 'thinking']) {
    const text = joinText(old[key], piece[key]);
    if (text !== undefined) message[key] = text;
  }
  const calls = [...listOf(old['tool_calls']), ...listOf(piece['tool_calls'])];
  if (calls.length > 0) message['tool_calls'] = calls;
  const logprobs = [...listOf(joined['logprobs']), ...listOf(line['logprobs'])];
  return { ...joined, ...line, message, ...(logprobs.length > 0 ? { logprobs } : {}) };
}

function renderResponse(answer: Answer, request: ChatRequest, context: RenderContext): Rendered {
  const line = { ...opening(request, context), message: messageOf(answer), ...closing(answer, context) };
  return renderLines([line], false);
}

function renderStream(answer: Answer, request: ChatRequest, context: RenderContext): Rendered {
  const lines: JsonObject[] = [];
  const add = (message: JsonObject, end: JsonObject = { done: false }): void => {
    lines.push({ ...opening(request, context), message, ...end });
  };
  if (hasText(answer)) add({ role: 'assistant', content: answer.text });
  if (answer.toolCalls.length > 0) add({ role: 'assistant', content: '', tool_calls: callsOf(answer) });
  add({ role: 'assistant', content: '' }, closing(answer, context));
  return renderLines(lines, true);
}

function messageOf(answer: Answer): JsonObject {
  const calls = callsOf(answer);
  return {
    role: 'assistant',
    content: answer.text ?? '',
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}

function callsOf(answer: Answer): JsonObject[] {
  return answer.toolCalls.map((call, index) => ({
    function: { index, name: call.name, arguments: argumentsValue(call.arguments) },
  }));
}
