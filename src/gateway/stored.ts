import type { IncomingMessage, ServerResponse } from 'node:http';
import { isArray, isObject, type Json, type JsonObject, parseJson } from '../base/json.ts';

/**
 * OpenAI keeps responses unless it is told not to, and a later call may name one (`previous_response_id`, an
 * `item_reference`). What a student answered OpenAI does not know: such a call would fail there. So the last answers of
 * students are kept in memory, and a call that names one of them, and only such a call, goes upstream with what it stands
 * for written out in its input. It is the one place where a request is not forwarded as it came. From the first such call
 * on the teacher answers whatever may be referred to (`refersBack`), so that only answers from before need this.
 */
export interface StoredAnswers {
  readonly size: number;
  /** Keeps an answer with the request that it answers. @param response the body of a response, not streamed. */
  add(request: Buffer, response: string): void;
  /** The request with references to our answers replaced by what they stand for; null where it has none. */
  expand(request: Buffer): Buffer | null;
  /** Gives or deletes an answer of ours that a client asks for by its id. @returns false where the call is none of these. */
  serve(req: IncomingMessage, res: ServerResponse, path: string): boolean;
}

/** Of requests and answers together. */
const MAX_BYTES = 16 << 20;

interface Stored {
  readonly bytes: number;
  readonly response: string;
  /** The conversation up to and with the answer, as items of a later input. */
  readonly history: readonly Json[];
}

export function createStoredAnswers(): StoredAnswers {
  /** Oldest first. */
  const answers = new Map<string, Stored>();
  const items = new Map<string, JsonObject>();
  let bytes = 0;

  const remove = (id: string): void => {
    const old = answers.get(id);
    if (old === undefined) return;
    answers.delete(id);
    bytes -= old.bytes;
    for (const item of outputOf(old.response)) items.delete(String(item['id']));
  };

  return {
    get size() {
      return answers.size;
    },
    add: (request, response) => {
      const asked = parseJson(request.toString('utf8'));
      const said = parseJson(response);
      if (!isObject(asked) || !isObject(said) || asked['store'] === false) return;
      const output = outputOf(response);
      const history = [...inputItems(asked['input']), ...output.map(asInput)];
      const stored = { bytes: 2 * request.length + 2 * response.length, response, history };
      answers.set(String(said['id']), stored);
      for (const item of output) items.set(String(item['id']), asInput(item));
      bytes += stored.bytes;
      for (const id of answers.keys()) {
        if (bytes <= MAX_BYTES) break;
        remove(id);
      }
    },
    expand: (request) => {
      if (!request.includes('previous_response_id') && !request.includes('item_reference')) return null;
      const body = parseJson(request.toString('utf8'));
      if (!isObject(body)) return null;
      const { previous_response_id: previous, ...rest } = body;
      const before = typeof previous === 'string' ? answers.get(previous) : undefined;
      const given = inputItems(body['input']);
      const input = given.map((item) => (isReference(item) ? (items.get(String(item['id'])) ?? item) : item));
      const isOurs = before !== undefined || input.some((item, i) => item !== given[i]);
      if (!isOurs) return null;
      const kept = before === undefined ? body : rest;
      return Buffer.from(JSON.stringify({ ...kept, input: [...(before?.history ?? []), ...input] }));
    },
    serve: (req, res, path) => {
      const id = /\/responses\/(resp_[0-9a-f]+)\/?(?:\?|$)/.exec(path)?.[1] ?? '';
      const found = answers.get(id);
      if (found === undefined || (req.method !== 'GET' && req.method !== 'DELETE')) return false;
      if (req.method === 'DELETE') remove(id);
      const body =
        req.method === 'GET' ? found.response : JSON.stringify({ id, object: 'response', deleted: true });
      res.writeHead(200, { 'content-type': 'application/json', 'x-understudy': 'student; reason=stored' });
      res.end(body);
      return true;
    },
  };
}

function outputOf(response: string): JsonObject[] {
  const body = parseJson(response);
  const output = isObject(body) ? body['output'] : null;
  return isArray(output) ? output.filter(isObject) : [];
}

function inputItems(input: Json | undefined): readonly Json[] {
  if (isArray(input)) return input;
  return typeof input === 'string' ? [{ role: 'user', content: input }] : [];
}

/** An item of an answer as one of an input: OpenAI would look for an id that it did not give. */
function asInput({ id: _id, status: _status, ...item }: JsonObject): JsonObject {
  return item;
}

function isReference(item: Json): item is JsonObject {
  return isObject(item) && item['type'] === 'item_reference';
}
