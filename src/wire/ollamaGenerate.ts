import { isObject, type Json, type JsonObject } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Answer, ChatRequest, ChatResponse, Message, Part } from './chat.ts';
import {
  answerBody,
  isSet,
  listOf,
  logprobsOf,
  mediaIn,
  mediaPart,
  textOf,
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

/** Ollama's `/api/generate`: one prompt, one text. */
export const ollamaGenerate: WireFormat = {
  name: 'ollama-generate',
  matches: (method, path) => method === 'POST' && /^\/(?:api\/)?generate\/?$/.test(pathOnly(path)),
  parseRequest,
  parseResponse,
  joinStream: (stream) => joinLines(stream, addLine),
  renderResponse,
  renderStream,
};

const known = new Set([...sharedKeys, 'prompt', 'system', 'images', 'suffix', 'template', 'context', 'raw']);

function parseRequest(body: Json): Result<ChatRequest, WireError> {
  if (!isObject(body)) return fail({ message: 'the body is not a JSON object' });
  const system = textOf(body['system']);
  const parts: Part[] = [{ kind: 'text', text: textOf(body['prompt']) ?? '' }];
  for (const image of listOf(body['images'])) parts.push(mediaPart('image', image));
  const user: Message = { role: 'user', parts };
  const messages: Message[] = system
    ? [{ role: 'system', parts: [{ kind: 'text', text: system }] }, user]
    : [user];
  const special = ['suffix', 'template', 'context', 'raw'].filter((key) => isSet(body[key]));
  return ok({
    model: textOf(body['model']) ?? '',
    messages,
    tools: [],
    toolChoice: 'auto',
    parallelToolCalls: null,
    outputFormat: readFormat(body['format']),
    sampling: readSampling(body),
    stream: body['stream'] !== false,
    includeUsage: true,
    teacherOnly: [...sharedTeacherOnly(body), ...special, ...mediaIn(messages)],
    unknownKeys: unknownKeysOf(body, known),
  });
}

function parseResponse(given: Json): Result<ChatResponse, WireError> {
  const answer = answerBody(given);
  if (!answer.ok) return answer;
  const body = answer.value;
  const text = textOf(body['response']);
  if (text === null) return fail({ message: 'the body has no response' });
  return ok({
    id: '',
    model: textOf(body['model']) ?? '',
    text,
    toolCalls: [],
    reasoning: textOf(body['thinking']),
    refusal: null,
    finish: readFinish(body, false),
    usage: readUsage(body),
    logprobs: logprobsOf(body['logprobs']),
    choices: 1,
  });
}

function addLine(joined: JsonObject, line: JsonObject): JsonObject {
  const texts: Record<string, Json> = {};
  for (const key of ['response', 'thinking']) {
    const text = joinText(joined[key], line[key]);
    if (text !== undefined) texts[key] = text;
  }
  const logprobs = [...listOf(joined['logprobs']), ...listOf(line['logprobs'])];
  return { ...joined, ...line, ...texts, ...(logprobs.length > 0 ? { logprobs } : {}) };
}

/** There are no tools here: an answer's tool calls have no place and a policy never lets one come this far. */
function renderResponse(answer: Answer, request: ChatRequest, context: RenderContext): Rendered {
  return renderLines(
    [{ ...opening(request, context), response: answer.text ?? '', ...closing(answer, context) }],
    false,
  );
}

function renderStream(answer: Answer, request: ChatRequest, context: RenderContext): Rendered {
  const lines: JsonObject[] = [];
  if (hasText(answer)) lines.push({ ...opening(request, context), response: answer.text, done: false });
  lines.push({ ...opening(request, context), response: '', ...closing(answer, context) });
  return renderLines(lines, true);
}
