import { isArray, isObject, type Json, type JsonObject } from '../../base/json.ts';
import { chatCall, chatMessage, chatMessages, chatRequest, chatResponse } from './bodies.ts';
import { bodyPair, wholeCompletion } from './bodyPair.ts';
import { array, type Importer, moment, number, object, type Reading, skip, text } from './record.ts';

/** OpenAI's fine-tuning files: a conversation per line whose last assistant message is the label; preference files too. */
export const fineTuning: Importer = {
  name: 'openai-finetune',
  recognises: (record) =>
    isArray(record['messages']) &&
    record['response'] === undefined &&
    record['request_id'] === undefined &&
    record['choices'] === undefined,
  read: (record) => readConversation(record, record['messages']),
};

export const preference: Importer = {
  name: 'openai-preference',
  recognises: (record) => isObject(record['input']) && isArray(record['preferred_output']),
  read: (record) => {
    const input = object(record, 'input');
    const messages = [...(array(input, 'messages') ?? []), ...(array(record, 'preferred_output') ?? [])];
    return readConversation(input, messages);
  },
};

function readConversation(record: JsonObject, given: Json | undefined): readonly Reading[] {
  const raw = isArray(given) ? given : [];
  const messages = chatMessages(raw);
  if (messages === null) return skip('a message has no known role, or there is none');
  const last = messages.at(-1)!;
  if (last['role'] !== 'assistant') return skip('the conversation does not end with the assistant');
  const label = raw.at(-1);
  if (isObject(label) && label['weight'] === 0) return skip('the last answer has weight 0');
  const context = messages.slice(0, -1);
  if (context.length === 0) return skip('there is nothing before the answer');
  const model = text(record, 'model');
  const tools = array(record, 'tools') ?? array(record, 'functions');
  return chatCall({
    request: chatRequest({ model, messages: context, tools, parameters: record }),
    response: chatResponse({ id: null, model, message: last, finish: null, startMs: null }),
  });
}

/**
 * Stored chat completions: the list has the outputs, the messages of each come from a second call. Both may be in one file,
 * in any order, or the completion carries its `messages` itself.
 */
export const storedCompletions: Importer = {
  name: 'openai-stored',
  recognises: (record) =>
    record['object'] === 'chat.completion' || (record['object'] === 'list' && isArray(record['data'])),
  read: (record) => {
    if (record['object'] === 'chat.completion') return [readStored(record)];
    const items = (array(record, 'data') ?? []).filter(isObject);
    if (items.every((item) => item['object'] === 'chat.completion')) return items.map(readStored);
    return [readStoredMessages(items)];
  },
};

function readStored(completion: JsonObject): Reading {
  const id = text(completion, 'id');
  if (id === null) return { kind: 'skip', reason: 'the completion has no id' };
  const choices = array(completion, 'choices') ?? [];
  if (choices.length !== 1) return { kind: 'skip', reason: `the completion has ${choices.length} choices` };
  const startMs = moment(completion['created']);
  const { messages: _messages, metadata: _metadata, tools, ...response } = completion;
  const complete = (half: JsonObject): Reading => {
    const messages = chatMessages(array(half, 'messages') ?? []);
    if (messages === null) return { kind: 'skip', reason: 'a stored message has no known role' };
    const request = chatRequest({
      model: text(completion, 'model'),
      messages,
      tools: isArray(tools) ? tools : null,
      parameters: completion,
    });
    const known = {
      sourceId: id,
      startMs,
      durationMs: 0,
      firstByteMs: null,
      status: 200,
      provider: 'openai',
    };
    return bodyPair(request, response, known);
  };
  const own = array(completion, 'messages') ?? array(completion, 'input');
  if (own !== null) return complete({ messages: own });
  return { kind: 'output', key: `stored:${id}`, complete };
}

/** The ids of stored messages are `<completion id>-<n>`. */
function readStoredMessages(items: readonly JsonObject[]): Reading {
  const id = text(items[0] ?? {}, 'id')?.replace(/-\d+$/, '');
  if (id === undefined) return { kind: 'skip', reason: 'the list holds neither completions nor messages' };
  const messages = items.map((item, i) =>
    chatMessage({ ...item, content: item['content_parts'] ?? item['content'] ?? null }, i),
  );
  if (messages.some((m) => m === null)) return { kind: 'skip', reason: 'a stored message has no known role' };
  return { kind: 'input', key: `stored:${id}`, request: { messages: messages as JsonObject[] } };
}

/** OpenAI's batch files: requests with `body`, results with `response.body`, joined by `custom_id`. */
export const openaiBatch: Importer = {
  name: 'openai-batch',
  recognises: (record) =>
    typeof record['custom_id'] === 'string' && (isObject(record['body']) || isObject(record['response'])),
  read: (record) => {
    const id = text(record, 'custom_id')!;
    if (isObject(record['body']))
      return [{ kind: 'input', key: `openai-batch:${id}`, request: record['body'] }];
    const response = object(record, 'response');
    const body = response['body'] ?? null;
    const startMs = isObject(body) ? moment(body['created']) : null;
    return [
      {
        kind: 'output',
        key: `openai-batch:${id}`,
        complete: (request) => {
          const model = text(request, 'model');
          return bodyPair(request, wholeCompletion(body, model, startMs), {
            sourceId: text(record, 'id') ?? id,
            startMs,
            durationMs: 0,
            firstByteMs: null,
            status: number(response, 'status_code') ?? 200,
            provider: 'openai',
          });
        },
      },
    ];
  },
};
