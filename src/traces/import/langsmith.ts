import { isArray, isObject, type Json, type JsonObject } from '../../base/json.ts';
import { chatCall, chatMessage, chatMessages, chatRequest, chatResponse, finishReason } from './bodies.ts';
import { array, type Importer, number, object, skip, text, times } from './record.ts';

/** LangSmith runs of type llm: OpenAI's own dictionaries (wrap_openai), or LangChain's constructors in nested lists. */
export const langsmith: Importer = {
  name: 'langsmith',
  recognises: (record) =>
    typeof record['run_type'] === 'string' && ('inputs' in record || 'inputs_s3_urls' in record),
  read: (record) => {
    if (record['run_type'] !== 'llm')
      return skip(`a run of type ${record['run_type']} is no call to a model`);
    if (text(record, 'error') !== null || text(record, 'status') === 'error') return skip('the run failed');
    const inputs = object(record, 'inputs');
    if (Object.keys(inputs).length === 0) return skip('the inputs are stored elsewhere');
    const messages = inputMessages(inputs);
    if (messages === null) return skip('the inputs are not a conversation');
    const output = outputOf(object(record, 'outputs'));
    if (output === null) return skip('the outputs hold no single answer');
    const metadata = object(object(record, 'extra'), 'metadata');
    const parameters = { ...inputs, ...object(object(record, 'extra'), 'invocation_params') };
    const model = text(parameters, 'model', 'model_name') ?? text(metadata, 'ls_model_name');
    const when = times(record['start_time'], record['end_time'], record['first_token_time']);
    return chatCall({
      sourceId: text(record, 'id'),
      ...when,
      request: chatRequest({ model, messages, tools: array(parameters, 'tools'), parameters }),
      response: chatResponse({
        id: text(record, 'id'),
        model,
        ...output,
        startMs: when.startMs,
        inputTokens: number(record, 'prompt_tokens') ?? output.inputTokens,
        outputTokens: number(record, 'completion_tokens') ?? output.outputTokens,
      }),
      site: text(object(record, 'extra'), 'site'),
    });
  },
};

function inputMessages(inputs: JsonObject): JsonObject[] | null {
  const list = array(inputs, 'messages');
  if (list !== null) return chatMessages((isArray(list[0]) ? list[0] : list).map(plainMessage));
  const prompts = array(inputs, 'prompts');
  const prompt = prompts?.length === 1 ? prompts[0] : (inputs['prompt'] ?? inputs['input']);
  return typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : null;
}

/** LangChain writes `{lc, type: 'constructor', id: [..., 'HumanMessage'], kwargs}`; `{type: 'human', data}` in old exports. */
function plainMessage(message: Json): Json {
  if (!isObject(message)) return message;
  const kwargs = object(message, 'kwargs', 'data');
  const name = String(array(message, 'id')?.at(-1) ?? message['type'] ?? '');
  const role = /^(\w+?)(?:Message)?(?:Chunk)?$/.exec(name)?.[1]?.toLowerCase() ?? '';
  if (!('kwargs' in message) && !('data' in message)) return message;
  const extra = object(kwargs, 'additional_kwargs');
  return { ...extra, ...kwargs, role: role === 'chat' ? (text(kwargs, 'role') ?? '') : role };
}

interface Output {
  readonly message: JsonObject;
  readonly finish: string | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
}

function outputOf(outputs: JsonObject): Output | null {
  const usage = {
    ...object(object(outputs, 'llm_output'), 'token_usage'),
    ...object(outputs, 'usage_metadata'),
  };
  const tokens = {
    inputTokens: number(usage, 'input_tokens', 'prompt_tokens'),
    outputTokens: number(usage, 'output_tokens', 'completion_tokens'),
  };
  const choices = array(outputs, 'choices');
  if (choices !== null) {
    const choice = choices.length === 1 && isObject(choices[0]) ? choices[0] : {};
    const message = chatMessage({ role: 'assistant', ...object(choice, 'message') }, 0);
    if (message === null || choices.length !== 1) return null;
    return { message, finish: finishReason(text(choice, 'finish_reason')), ...tokens };
  }
  const generations = array(outputs, 'generations')?.[0];
  const generation = isArray(generations) ? generations[0] : generations;
  if (!isObject(generation)) return messageOutput(outputs, tokens);
  const finish = finishReason(text(object(generation, 'generation_info'), 'finish_reason'));
  const message = isObject(generation['message'])
    ? chatMessage(plainMessage(generation['message']), 0)
    : { role: 'assistant', content: text(generation, 'text') };
  return message === null ? null : { message, finish, ...tokens };
}

function messageOutput(
  outputs: JsonObject,
  tokens: Pick<Output, 'inputTokens' | 'outputTokens'>,
): Output | null {
  const value = outputs['message'] ?? outputs['output'] ?? (outputs['role'] === undefined ? null : outputs);
  if (typeof value === 'string')
    return { message: { role: 'assistant', content: value }, finish: null, ...tokens };
  const message = isObject(value) ? chatMessage(plainMessage(value), 0) : null;
  return message?.['role'] === 'assistant' ? { message, finish: null, ...tokens } : null;
}
