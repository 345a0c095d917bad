import { isArray, isObject, type Json, type JsonObject } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type {
  Answer,
  ChatRequest,
  ChatResponse,
  FinishReason,
  Message,
  OutputFormat,
  Part,
  TokenLogprob,
  ToolChoice,
  ToolDefinition,
  Usage,
} from './chat.ts';
import {
  answerBody,
  argumentsValue,
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
import type { RenderContext, Rendered, WireError, WireFormat } from './format.ts';
import { joinGemini } from './geminiChunks.ts';
import { pathOnly, queryOf } from './paths.ts';

/**
 * Google's `generateContent` and `streamGenerateContent`, on the Gemini API and on Vertex AI. The path holds the model
 * and whether the answer is streamed; a stream is SSE with `alt=sse` and one JSON array without.
 */
export const geminiGenerate: WireFormat = {
  name: 'gemini-generate',
  matches: (method, path) => method === 'POST' && methodPattern.test(pathOnly(path)),
  parseRequest,
  parseResponse,
  joinStream: joinGemini,
  renderResponse,
  renderStream,
};

const methodPattern = /\/([^/]+?)(?::|%3A)(generateContent|streamGenerateContent)$/i;

const known = new Set([
  ...['model', 'contents', 'systemInstruction', 'system_instruction', 'tools', 'toolConfig', 'tool_config'],
  ...['generationConfig', 'generation_config', 'cachedContent', 'cached_content'],
  // These do not change what a right answer is.
  ...['safetySettings', 'safety_settings', 'labels', 'serviceTier', 'service_tier', 'store'],
]);

const knownConfig = new Set([
  ...['temperature', 'topP', 'topK', 'candidateCount', 'maxOutputTokens', 'stopSequences', 'seed'],
  ...['responseMimeType', 'responseSchema', 'responseJsonSchema', 'responseLogprobs', 'logprobs'],
  ...['presencePenalty', 'frequencyPenalty', 'thinkingConfig', 'responseModalities', 'mediaResolution'],
]);

function parseRequest(body: Json, path: string): Result<ChatRequest, WireError> {
  if (!isObject(body)) return fail({ message: 'the body is not a JSON object' });
  if (body['contents'] === undefined) return fail({ message: 'the body has no contents' });
  const [, model = '', method = ''] = methodPattern.exec(pathOnly(path)) ?? [];
  const config = objectOf(firstOf(body, 'generationConfig', 'generation_config'));
  const system = readParts(firstOf(body, 'systemInstruction', 'system_instruction'));
  const contents = isArray(body['contents']) ? objectsOf(body['contents']) : [objectOf(body['contents'])];
  const messages: Message[] = [
    ...(system.length > 0 ? [{ role: 'system' as const, parts: system }] : []),
    ...contents.flatMap(readContent),
  ];
  const toolObjects = objectsOf(body['tools']);
  const tools = toolObjects.flatMap(readTools);
  const calling = objectOf(
    firstOf(
      objectOf(firstOf(body, 'toolConfig', 'tool_config')),
      'functionCallingConfig',
      'function_calling_config',
    ),
  );
  return ok({
    model: decodeURIComponent(model),
    messages,
    tools,
    toolChoice: readToolChoice(calling),
    parallelToolCalls: null,
    outputFormat: readOutputFormat(config),
    sampling: {
      temperature: numberOf(config['temperature']),
      topP: numberOf(config['topP']),
      maxTokens: numberOf(config['maxOutputTokens']),
      stop: textsOf(config['stopSequences']),
      choices: numberOf(config['candidateCount']) ?? 1,
      logprobs: isSet(config['responseLogprobs']) || isSet(config['logprobs']),
      seed: numberOf(config['seed']),
    },
    stream: /^stream/i.test(method),
    includeUsage: true,
    teacherOnly: teacherOnly(body, config, messages, tools),
    unknownKeys: [...unknownKeysOf(body, known), ...unknownKeysOf(config, knownConfig)],
  });
}

/** One content; results of functions, which come inside a user's content, become messages of the role `tool`. */
function readContent(content: JsonObject): Message[] {
  const role = content['role'] === 'model' ? 'assistant' : 'user';
  const parts = readParts(content);
  const results = parts.filter((part) => part.kind === 'tool-result');
  const others = parts.filter((part) => part.kind !== 'tool-result');
  const messages: Message[] = [];
  if (results.length > 0) messages.push({ role: 'tool', parts: results });
  if (others.length > 0 || results.length === 0) messages.push({ role, parts: others });
  return messages;
}

function readParts(content: Json | undefined): Part[] {
  if (typeof content === 'string') return [{ kind: 'text', text: content }];
  const parts = objectOf(content)['parts'];
  return (isArray(parts) ? objectsOf(parts) : isObject(parts) ? [parts] : []).map(readPart);
}

function readPart(part: JsonObject): Part {
  const text = textOf(part['text']);
  if (text !== null) return part['thought'] === true ? { kind: 'reasoning', text } : { kind: 'text', text };
  const call = firstOf(part, 'functionCall', 'function_call');
  if (isObject(call)) return { kind: 'tool-call', call: readCall(call) };
  const result = firstOf(part, 'functionResponse', 'function_response');
  if (isObject(result)) {
    const callId = textOf(firstOf(result, 'id', 'name')) ?? '';
    return { kind: 'tool-result', callId, text: JSON.stringify(result['response'] ?? null) };
  }
  const inline = objectOf(firstOf(part, 'inlineData', 'inline_data'));
  const file = objectOf(firstOf(part, 'fileData', 'file_data'));
  const type = textOf(firstOf({ ...file, ...inline }, 'mimeType', 'mime_type')) ?? '';
  const kind = type.startsWith('image/') ? 'image' : type.startsWith('audio/') ? 'audio' : 'file';
  if (inline['data'] !== undefined) return mediaPart(kind, inline['data']);
  const uri = firstOf(file, 'fileUri', 'file_uri');
  return uri === undefined ? { kind: 'unknown', raw: part } : mediaPart(kind, uri);
}

function readCall(call: JsonObject) {
  return toolCallOf(textOf(call['id']) ?? '', textOf(call['name']) ?? '', call['args']);
}

function readTools(tool: JsonObject): ToolDefinition[] {
  const declared = objectsOf(firstOf(tool, 'functionDeclarations', 'function_declarations')).map(
    (declaration) => ({
      name: textOf(declaration['name']) ?? '',
      description: textOf(declaration['description']) ?? '',
      parameters: objectOf(
        firstOf(declaration, 'parametersJsonSchema', 'parameters_json_schema', 'parameters'),
      ),
      hosted: false,
    }),
  );
  const hosted = Object.keys(tool)
    .filter((key) => !/^function_?declarations$/i.test(key) && tool[key] !== null)
    .map((name) => ({ name, description: '', parameters: {}, hosted: true }));
  return [...declared, ...hosted];
}

function readToolChoice(calling: JsonObject): ToolChoice {
  const allowed = textsOf(firstOf(calling, 'allowedFunctionNames', 'allowed_function_names'));
  switch (calling['mode']) {
    case 'NONE':
      return 'none';
    case 'ANY':
      return allowed.length === 1 ? { name: allowed[0]! } : 'required';
    default:
      return 'auto';
  }
}

function readOutputFormat(config: JsonObject): OutputFormat {
  const schema = firstOf(config, 'responseJsonSchema', 'responseSchema');
  if (isObject(schema)) return { kind: 'schema', name: '', strict: true, schema };
  return config['responseMimeType'] === 'application/json' ? { kind: 'json' } : { kind: 'text' };
}

function teacherOnly(
  body: JsonObject,
  config: JsonObject,
  messages: readonly Message[],
  tools: readonly ToolDefinition[],
): string[] {
  const found: string[] = [];
  if (isSet(firstOf(body, 'cachedContent', 'cached_content'))) found.push('cachedContent');
  if ((numberOf(config['candidateCount']) ?? 1) > 1) found.push('more than one choice');
  if (isSet(config['responseLogprobs']) || isSet(config['logprobs'])) found.push('logprobs');
  if (objectOf(config['thinkingConfig'])['includeThoughts'] === true) found.push('thinking');
  if (listOf(config['responseModalities']).some((mode) => mode !== 'TEXT')) found.push('media output');
  found.push(...tools.filter((tool) => tool.hosted).map((tool) => `hosted tool ${tool.name}`));
  found.push(...mediaIn(messages));
  return found;
}

function parseResponse(given: Json): Result<ChatResponse, WireError> {
  const answer = answerBody(given);
  if (!answer.ok) return answer;
  const body = answer.value;
  const candidates = objectsOf(body['candidates']);
  const candidate = candidates[0];
  const blocked = textOf(objectOf(body['promptFeedback'])['blockReason']);
  if (candidate === undefined && blocked === null) return fail({ message: 'the body has no candidate' });
  const parts = readParts(objectOf(candidate)['content']);
  const texts = parts.filter((part) => part.kind === 'text');
  const thoughts = parts.filter((part) => part.kind === 'reasoning');
  const toolCalls = parts.flatMap((part) => (part.kind === 'tool-call' ? [part.call] : []));
  return ok({
    id: textOf(body['responseId']) ?? '',
    model: textOf(body['modelVersion']) ?? '',
    text: texts.length > 0 ? texts.map((part) => part.text).join('') : null,
    toolCalls,
    reasoning: thoughts.length > 0 ? thoughts.map((part) => part.text).join('') : null,
    refusal: blocked,
    finish:
      blocked === null
        ? readFinish(textOf(candidate?.['finishReason']), toolCalls.length > 0)
        : 'content-filter',
    usage: readUsage(body['usageMetadata']),
    logprobs: readLogprobs(objectOf(candidate?.['logprobsResult'])),
    choices: Math.max(1, candidates.length),
  });
}

function readFinish(reason: string | null, callsTools: boolean): FinishReason {
  switch (reason) {
    case 'STOP':
      return callsTools ? 'tool-calls' : 'stop';
    case 'MAX_TOKENS':
      return 'length';
    case 'SAFETY':
    case 'RECITATION':
    case 'BLOCKLIST':
    case 'PROHIBITED_CONTENT':
    case 'SPII':
    case 'IMAGE_SAFETY':
      return 'content-filter';
    case 'MALFORMED_FUNCTION_CALL':
    case 'UNEXPECTED_TOOL_CALL':
      return 'error';
    default:
      return 'other';
  }
}

function readUsage(usage: Json | undefined): Usage | null {
  if (!isObject(usage)) return null;
  const thoughts = numberOf(usage['thoughtsTokenCount']) ?? 0;
  return {
    inputTokens: numberOf(usage['promptTokenCount']) ?? 0,
    outputTokens: (numberOf(usage['candidatesTokenCount']) ?? 0) + thoughts,
    cachedInputTokens: numberOf(usage['cachedContentTokenCount']) ?? 0,
    reasoningTokens: thoughts,
  };
}

function readLogprobs(result: JsonObject): TokenLogprob[] | null {
  const chosen = objectsOf(result['chosenCandidates']);
  if (chosen.length === 0) return null;
  const top = objectsOf(result['topCandidates']);
  const read = (item: JsonObject) => ({
    token: textOf(item['token']) ?? '',
    logprob: numberOf(item['logProbability']) ?? 0,
  });
  return chosen.map((item, i) => ({
    ...read(item),
    top: objectsOf(objectOf(top[i])['candidates']).map(read),
  }));
}

function renderResponse(answer: Answer, request: ChatRequest, context: RenderContext): Rendered {
  const body = envelope(request, context, partsOf(answer), finishOf(answer));
  return { headers: headers('application/json; charset=UTF-8'), chunks: [JSON.stringify(body)] };
}

function renderStream(answer: Answer, request: ChatRequest, context: RenderContext): Rendered {
  const parts = partsOf(answer);
  const pieces = parts.map((part, i) =>
    JSON.stringify(envelope(request, context, [part], i === parts.length - 1 ? finishOf(answer) : null)),
  );
  if (pieces.length === 0)
    pieces.push(JSON.stringify(envelope(request, context, [{ text: '' }], finishOf(answer))));
  const isSse = context.path === undefined || queryOf(context.path).get('alt') === 'sse';
  if (isSse)
    return { headers: headers('text/event-stream'), chunks: pieces.map((piece) => `data: ${piece}\r\n\r\n`) };
  const chunks = pieces.map(
    (piece, i) => `${i === 0 ? '[' : ',\r\n'}${piece}${i === pieces.length - 1 ? '\n]' : '\n'}`,
  );
  return { headers: headers('application/json; charset=UTF-8'), chunks };
}

function finishOf({ ending }: Answer): string {
  return ending?.kind === 'limit' ? 'MAX_TOKENS' : 'STOP';
}

function partsOf(answer: Answer): JsonObject[] {
  const parts: JsonObject[] = answer.text === null ? [] : [{ text: answer.text }];
  for (const call of answer.toolCalls)
    parts.push({ functionCall: { name: call.name, args: argumentsValue(call.arguments) } });
  return parts;
}

function envelope(
  request: ChatRequest,
  context: RenderContext,
  parts: readonly JsonObject[],
  finishReason: string | null,
): JsonObject {
  return {
    candidates: [
      {
        content: { parts, role: 'model' },
        ...(finishReason === null ? {} : { finishReason }),
        index: 0,
      },
    ],
    usageMetadata: {
      promptTokenCount: context.inputTokens,
      candidatesTokenCount: context.outputTokens,
      totalTokenCount: context.inputTokens + context.outputTokens,
    },
    modelVersion: request.model,
    responseId: context.id,
  };
}

function headers(type: string): Record<string, string> {
  return { 'content-type': type };
}
