import type { Json, JsonObject } from '../../base/json.ts';
import { vendorNamed } from '../../wire/vendor.ts';
import { chatRequest, chatResponse, providerOf } from './bodies.ts';
import { aiSdk } from './genai/aiSdk.ts';
import { messageEvents, semanticConventions } from './genai/conventions.ts';
import { openInference } from './genai/openInference.ts';
import { openLlmetry } from './genai/openLlmetry.ts';
import { promptTexts } from './genai/promptTexts.ts';
import type { Attributes, Content, Dialect, GenAiSpan } from './genai/span.ts';
import { number, object, type Reading, text } from './record.ts';

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
function detailsOf(span: GenAiSpan): Attributes {
  return span.events.find((e) => e.name === 'gen_ai.client.inference.operation.details')?.attributes ?? {};
}

/** The first that a span speaks is taken. */
const dialects: readonly Dialect[] = [
  semanticConventions,
  messageEvents,
  openLlmetry,
  openInference,
  aiSdk,
  promptTexts,
];

function contentOf(a: Attributes, span: GenAiSpan): Content | null {
  for (const dialect of dialects) {
    const content = dialect(a, span);
    if (content !== null && content.messages.length > 0) return content;
  }
  return null;
}

/** Sampling parameters under OpenAI's names. */
function parametersOf(a: Attributes): JsonObject {
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
