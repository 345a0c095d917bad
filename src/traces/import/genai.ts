import { isArray, isObject, type Json, type JsonObject } from '../../base/json.ts';
import { vendorNamed } from '../../wire/vendor.ts';
import {
  chatMessage,
  chatRequest,
  chatResponse,
  chatRole,
  finishReason,
  providerOf,
  toolCall,
} from './bodies.ts';
import { indexed } from './otlpValues.ts';
import { array, number, object, type Reading, text, unwrap } from './record.ts';

/** A span of a GenAI call in any of the dialects that instrumentations speak. */
export interface GenAiSpan {
  readonly id: string | null;
  readonly name: string;
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, Json>>;
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, Json>> }[];
}

interface Content {
  readonly messages: readonly JsonObject[];
  readonly output: JsonObject;
  readonly finish: string | null;
  readonly tools: readonly Json[];
}

/** null: the span is no call to a chat model (a tool, an agent, an HTTP request). */
export function readSpan(span: GenAiSpan): Reading | null {
  const a = { ...span.attributes, ...detailsOf(span) };
  const operation = text(a, 'gen_ai.operation.name', 'llm.request.type');
  if (operation !== null && !/^(?:chat|generate_content|text_completion|completion)$/.test(operation))
    return null;
  const kind = text(a, 'openinference.span.kind');
  if (kind !== null && kind !== 'LLM') return null;
  const model = text(a, 'gen_ai.request.model', 'llm.model_name', 'ai.model.id', 'gen_ai.response.model');
  if (model === null && operation === null && kind === null) return null;
  // The outer span of an AI SDK call repeats what its inner one says.
  if (a['ai.operationId'] !== undefined && a['ai.prompt.messages'] === undefined) return null;
  if (span.failed || text(a, 'error.type') !== null) return { kind: 'skip', reason: 'the call failed' };
  const content = contentOf(a, span);
  if (content === null)
    return { kind: 'skip', reason: `span ${span.name} has no content: recording of messages was off` };
  const provider = text(a, 'gen_ai.provider.name', 'gen_ai.system', 'llm.provider', 'ai.model.provider');
  const durationMs = Math.max(0, (span.endMs ?? span.startMs ?? 0) - (span.startMs ?? 0));
  const first = number(a, 'gen_ai.response.time_to_first_chunk');
  return {
    kind: 'call',
    call: {
      sourceId: span.id,
      startMs: span.startMs,
      durationMs,
      firstByteMs: first === null ? null : first * 1000,
      provider: providerOf(provider, 'openai-chat'),
      vendor: vendorNamed(provider, model) ?? 'openai',
      format: 'openai-chat',
      path: '/v1/chat/completions',
      status: 200,
      request: chatRequest({
        model,
        messages: content.messages,
        tools: content.tools,
        parameters: parametersOf(a),
      }),
      response: chatResponse({
        id: text(a, 'gen_ai.response.id', 'ai.response.id'),
        model: text(a, 'gen_ai.response.model', 'ai.response.model') ?? model,
        message: content.output,
        finish: content.finish,
        startMs: span.startMs,
        inputTokens: number(
          a,
          'gen_ai.usage.input_tokens',
          'gen_ai.usage.prompt_tokens',
          'llm.token_count.prompt',
          'ai.usage.promptTokens',
        ),
        outputTokens: number(
          a,
          'gen_ai.usage.output_tokens',
          'gen_ai.usage.completion_tokens',
          'llm.token_count.completion',
          'ai.usage.completionTokens',
        ),
      }),
      site: text(a, 'code.filepath', 'code.file.path'),
    },
  };
}

/** Newer instrumentations put the messages on an event instead of the span. */
function detailsOf(span: GenAiSpan): Readonly<Record<string, Json>> {
  return span.events.find((e) => e.name === 'gen_ai.client.inference.operation.details')?.attributes ?? {};
}

const dialects: readonly ((a: Readonly<Record<string, Json>>, span: GenAiSpan) => Content | null)[] = [
  semanticConventions,
  messageEvents,
  openLlmetry,
  openInference,
  aiSdk,
  promptTexts,
];

function contentOf(a: Readonly<Record<string, Json>>, span: GenAiSpan): Content | null {
  for (const dialect of dialects) {
    const content = dialect(a, span);
    if (content !== null && content.messages.length > 0) return content;
  }
  return null;
}

/** `gen_ai.input.messages` and its companions, structured or as JSON in a text. */
function semanticConventions(a: Readonly<Record<string, Json>>): Content | null {
  const input = array(a, 'gen_ai.input.messages');
  const answer = array(a, 'gen_ai.output.messages')?.[0];
  if (input === null || !isObject(answer)) return null;
  const system = array(a, 'gen_ai.system_instructions');
  const messages = [
    ...(system === null ? [] : partsMessages({ role: 'system', parts: system })),
    ...input.flatMap((message) => partsMessages(isObject(message) ? message : {})),
  ];
  const output = partsMessages({ ...answer, role: 'assistant' })[0];
  if (output === undefined) return null;
  const finish = finishReason(text(answer, 'finish_reason'));
  return { messages, output, finish, tools: array(a, 'gen_ai.tool.definitions') ?? [] };
}

/** A message of parts as OpenAI's messages: every tool response becomes one of its own. */
function partsMessages(message: JsonObject): JsonObject[] {
  const parts = (array(message, 'parts') ?? []).filter(isObject);
  const role = chatRole(text(message, 'role')) ?? 'user';
  if (parts.length === 0) {
    const plain = chatMessage(message, 0);
    return plain === null ? [] : [plain];
  }
  const results: JsonObject[] = [];
  const texts: string[] = [];
  const media: JsonObject[] = [];
  const calls: JsonObject[] = [];
  let reasoning = '';
  for (const part of parts) {
    const kind = text(part, 'type');
    if (kind === 'text') texts.push(text(part, 'content', 'text') ?? '');
    else if (kind === 'reasoning') reasoning += text(part, 'content') ?? '';
    else if (kind === 'tool_call')
      calls.push(
        toolCall(text(part, 'id') ?? `call_${calls.length}`, text(part, 'name') ?? '', part['arguments']),
      );
    else if (kind === 'tool_call_response') {
      const said = part['response'] ?? part['result'] ?? '';
      const content = typeof said === 'string' ? said : JSON.stringify(said);
      results.push({ role: 'tool', tool_call_id: text(part, 'id') ?? 'call_0', content });
    } else if (kind === 'uri') media.push(image(text(part, 'uri') ?? ''));
    else if (kind === 'blob')
      media.push(
        image(`data:${text(part, 'mime_type') ?? 'image/png'};base64,${text(part, 'content', 'data') ?? ''}`),
      );
    else if (kind === 'file') media.push({ type: 'file', file: { file_id: text(part, 'file_id') ?? '' } });
  }
  if (role === 'tool' || (results.length > 0 && texts.length === 0)) return results;
  const said = texts.map((t) => ({ type: 'text', text: t }));
  const content = media.length > 0 ? [...said, ...media] : texts.length > 0 ? texts.join('\n') : null;
  const whole: Record<string, Json> = { role, content };
  if (calls.length > 0) whole['tool_calls'] = calls;
  if (reasoning !== '') whole['reasoning_content'] = reasoning;
  return [...results, whole];
}

const image = (url: string): JsonObject => ({ type: 'image_url', image_url: { url } });

/** The events of semantic conventions up to 1.36: `gen_ai.user.message`, `gen_ai.choice`. */
function messageEvents(_: Readonly<Record<string, Json>>, span: GenAiSpan): Content | null {
  const messages: JsonObject[] = [];
  let output: JsonObject | null = null;
  let finish: string | null = null;
  for (const { name, attributes } of span.events) {
    const role = /^gen_ai\.(system|user|assistant|tool)\.message$/.exec(name)?.[1];
    const body = bodyOf(attributes);
    if (role !== undefined) {
      const message = chatMessage(
        { ...body, role, tool_call_id: text(body, 'id', 'tool_call_id') },
        messages.length,
      );
      if (message !== null) messages.push(message);
    } else if (name === 'gen_ai.choice' && output === null) {
      const said = unwrap(body['message']);
      output = chatMessage(
        { ...(isObject(said) ? said : { content: said }), role: 'assistant', ...toolCallsOf(body) },
        0,
      );
      finish = finishReason(text(body, 'finish_reason'));
    }
  }
  return output === null ? null : { messages, output, finish, tools: [] };
}

const bodyOf = (attributes: Readonly<Record<string, Json>>): JsonObject => ({
  ...attributes,
  ...object(attributes, 'body', 'gen_ai.event.content'),
});
const toolCallsOf = (body: JsonObject): JsonObject =>
  isArray(unwrap(body['tool_calls'])) ? { tool_calls: unwrap(body['tool_calls']) } : {};

/** OpenLLMetry: `gen_ai.prompt.0.role`, `gen_ai.completion.0.content`. */
function openLlmetry(a: Readonly<Record<string, Json>>): Content | null {
  const answer = indexed(a, 'gen_ai.completion')[0];
  const output = answer && flatMessage({ ...answer, role: 'assistant' }, 0);
  if (!output) return null;
  const messages = indexed(a, 'gen_ai.prompt')
    .map(flatMessage)
    .filter((m) => m !== null);
  const tools = indexed(a, 'llm.request.functions').map((tool) => ({
    name: text(tool, 'name') ?? '',
    description: text(tool, 'description') ?? '',
    parameters: object(tool, 'parameters'),
  }));
  return { messages, output, finish: finishReason(text(answer, 'finish_reason')), tools };
}

function flatMessage(entry: Readonly<Record<string, Json>>, index: number): JsonObject | null {
  const tool_calls = indexed(entry, 'tool_calls').map((c) => ({
    id: text(c, 'id') ?? `call_${index}`,
    name: text(c, 'name') ?? '',
    arguments: c['arguments'] ?? '{}',
  }));
  return chatMessage({ ...entry, content: unwrapContent(entry['content']), tool_calls }, index);
}

/** A text stays a text even where it looks like JSON; a list of content parts is one. */
function unwrapContent(content: Json | undefined): Json {
  const value = unwrap(content);
  return isArray(value) && value.every((part) => isObject(part) && typeof part['type'] === 'string')
    ? value
    : (content ?? null);
}

/** OpenInference: `llm.input_messages.0.message.role`. */
function openInference(a: Readonly<Record<string, Json>>): Content | null {
  const read = (prefix: string): JsonObject[] =>
    indexed(a, prefix)
      .map(inferenceMessage)
      .filter((m) => m !== null);
  const output = read('llm.output_messages')[0];
  if (output === undefined) return null;
  const tools = indexed(a, 'llm.tools').map((tool) => object(tool, 'tool.json_schema', 'tool'));
  return { messages: read('llm.input_messages'), output, finish: null, tools };
}

function inferenceMessage(entry: Readonly<Record<string, Json>>, index: number): JsonObject | null {
  const parts = indexed(entry, 'message.contents').map((part): JsonObject => {
    const url = text(part, 'message_content.image.image.url');
    return url === null ? { type: 'text', text: text(part, 'message_content.text') ?? '' } : image(url);
  });
  const tool_calls = indexed(entry, 'message.tool_calls')
    .filter((c) => text(c, 'tool_call.function.name') !== null)
    .map((c) => ({
      id: text(c, 'tool_call.id') ?? `call_${index}`,
      name: text(c, 'tool_call.function.name'),
      arguments: c['tool_call.function.arguments'] ?? '{}',
    }));
  const content = entry['message.content'] ?? (parts.length > 0 ? parts : null);
  const tool_call_id = text(entry, 'message.tool_call_id');
  return chatMessage({ role: entry['message.role'] ?? '', content, tool_call_id, tool_calls }, index);
}

/** Vercel's AI SDK before it spoke the conventions. */
function aiSdk(a: Readonly<Record<string, Json>>): Content | null {
  const prompt = array(a, 'ai.prompt.messages');
  if (prompt === null) return null;
  const calls = array(a, 'ai.response.toolCalls', 'ai.result.toolCalls') ?? [];
  const tool_calls = calls
    .filter(isObject)
    .map((c, i) =>
      toolCall(text(c, 'toolCallId') ?? `call_${i}`, text(c, 'toolName') ?? '', c['args'] ?? c['input']),
    );
  const said = text(a, 'ai.response.text', 'ai.response.object', 'ai.result.text');
  if (said === null && tool_calls.length === 0) return null;
  const output: Record<string, Json> = { role: 'assistant', content: said };
  if (tool_calls.length > 0) output['tool_calls'] = tool_calls;
  const messages = prompt.filter(isObject).flatMap(aiSdkMessage);
  const tools = (array(a, 'ai.prompt.tools') ?? []).map((tool) => {
    const value = unwrap(tool);
    return isObject(value) && value['inputSchema'] !== undefined
      ? { ...value, parameters: value['inputSchema'] }
      : value;
  });
  const finish = finishReason(text(a, 'ai.response.finishReason', 'ai.finishReason'));
  return { messages, output, finish, tools };
}

function aiSdkMessage(message: JsonObject): JsonObject[] {
  const parts = (isArray(message['content']) ? message['content'] : [])
    .filter(isObject)
    .map((part): JsonObject => {
      if (part['type'] === 'tool-call')
        return {
          type: 'tool_call',
          id: part['toolCallId'] ?? '',
          name: part['toolName'] ?? '',
          arguments: part['args'] ?? part['input'] ?? {},
        };
      if (part['type'] === 'tool-result')
        return {
          type: 'tool_call_response',
          id: part['toolCallId'] ?? '',
          response: part['result'] ?? part['output'] ?? '',
        };
      return { ...part, content: part['text'] ?? '' };
    });
  return partsMessages(parts.length > 0 ? { role: message['role'] ?? 'user', parts } : message);
}

/** `gen_ai.prompt` and `gen_ai.completion` as whole texts, or `input.value` and `output.value`. */
function promptTexts(a: Readonly<Record<string, Json>>, span: GenAiSpan): Content | null {
  const all = Object.assign({}, a, ...span.events.map((e) => e.attributes)) as Record<string, Json>;
  const input = unwrap(all['gen_ai.prompt'] ?? all['input.value'] ?? null);
  const output = unwrap(all['gen_ai.completion'] ?? all['output.value'] ?? null);
  const list = isArray(input) ? input : isObject(input) ? array(input, 'messages') : null;
  const messages =
    list?.map(chatMessage) ?? (typeof input === 'string' ? [{ role: 'user', content: input }] : []);
  const answer = answerOf(output);
  if (answer === null || messages.some((m) => m === null)) return null;
  return { messages: messages as JsonObject[], output: answer, finish: null, tools: [] };
}

function answerOf(output: Json): JsonObject | null {
  if (typeof output === 'string' && output !== '') return { role: 'assistant', content: output };
  const first = isArray(output) ? output[0] : output;
  if (!isObject(first)) return null;
  const choice = array(first, 'choices')?.[0];
  const message = isObject(choice) ? choice['message'] : (first['message'] ?? first);
  return isObject(message) ? chatMessage({ ...message, role: 'assistant' }, 0) : null;
}

/** Sampling parameters under OpenAI's names. */
function parametersOf(a: Readonly<Record<string, Json>>): JsonObject {
  const result: Record<string, Json> = { ...object(a, 'llm.invocation_parameters') };
  for (const [name, ours] of Object.entries(parameterNames)) {
    const value = a[`gen_ai.request.${name}`] ?? a[`ai.settings.${ours.setting}`];
    if (value !== undefined && value !== null) result[ours.openai] = value;
  }
  const output = text(a, 'gen_ai.output.type', 'gen_ai.openai.request.response_format');
  if (/^json/.test(output ?? '') && result['response_format'] === undefined)
    result['response_format'] = { type: 'json_object' };
  return result;
}

const parameterNames: Readonly<Record<string, { openai: string; setting: string }>> = {
  temperature: { openai: 'temperature', setting: 'temperature' },
  top_p: { openai: 'top_p', setting: 'topP' },
  max_tokens: { openai: 'max_tokens', setting: 'maxTokens' },
  stop_sequences: { openai: 'stop', setting: 'stopSequences' },
  seed: { openai: 'seed', setting: 'seed' },
  'choice.count': { openai: 'n', setting: 'n' },
  frequency_penalty: { openai: 'frequency_penalty', setting: 'frequencyPenalty' },
  presence_penalty: { openai: 'presence_penalty', setting: 'presencePenalty' },
};
