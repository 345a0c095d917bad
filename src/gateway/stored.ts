import type { IncomingMessage, ServerResponse } from 'node:http';
import { isArray, isObject, type Json, type JsonObject, parseJson } from '../base/json.ts';
import type { EarlierAnswer } from './earlierAnswers.ts';

/**
 * OpenAI keeps responses unless it is told not to, and a later call may name one (`previous_response_id`, an
 * `item_reference`). What a student answered OpenAI does not know: such a call would fail there. So the last answers of
 * students are kept in memory, and a call that names one of them, and only such a call, goes upstream with what it stands
 * for written out in its input. It is the one place where a request is not forwarded as it came. From the first such call
 * on the teacher answers whatever may be referred to (`refersBack`), so that only answers from before need this.
 *
 * A gateway that takes another one's place is handed its answers, from memory to memory. Other earlier ones are read back
 * from the journal, which has their traces: nothing is written for this alone, and what is deleted there is gone here.
 * Where a secret was taken out of the trace the conversation is not what it was, and where it was not recorded there is
 * none: then the call goes as it came, and OpenAI says that it knows no such response.
 */
export interface StoredAnswers {
  /** Does the text name an answer that may be a student's? */
  mayName(text: string): boolean;
  /** Looks up what the text names of earlier gateways' answers; never rejects. */
  recall(text: string): Promise<void>;
  /** Lets go of everything, because traces were deleted. */
  forget(): void;
  /** For the gateway that takes this one's place. */
  handOver(): readonly StoredAnswer[];
  /** Keeps an answer with the request that it answers. @param response the body of a response, not streamed. */
  add(request: Buffer, response: string): void;
  /** The request with references to our answers replaced by what they stand for; null where it has none. */
  expand(request: Buffer): Buffer | null;
  /** Gives or deletes an answer of ours that a client asks for by its id. @returns false where the call is none of these. */
  serve(req: IncomingMessage, res: ServerResponse, path: string): boolean;
}

/** Ids that are remembered as looked for. */
const MAX_SOUGHT = 10_000;
/** Of requests and answers together. */
const MAX_BYTES = 16 << 20;

export interface StoredAnswer {
  readonly bytes: number;
  readonly response: string;
  /** The conversation up to and with the answer, as items of a later input. */
  readonly history: readonly Json[];
}

/** An id that `RenderContext.id` is in: of a response, a message, a function call. */
const ourId = /\b(?:resp|msg|fc)_([0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15})(?![0-9a-f]{3})/g;

/** What is in the journal. Neither rejects. */
export interface EarlierAnswers {
  find(traceIds: readonly string[]): Promise<readonly EarlierAnswer[]>;
  withdraw(traceId: string): Promise<void>;
}

/** @param handed by the gateway whose place this one takes. */
export function createStoredAnswers(
  earlier: EarlierAnswers,
  handed: readonly StoredAnswer[] = [],
): StoredAnswers {
  /** Looked for, also in vain, or deleted by the client. */
  const sought = new Map<string, Promise<void>>();
  /** Oldest first. */
  const answers = new Map<string, StoredAnswer>();
  const items = new Map<string, JsonObject>();
  let bytes = 0;

  const remove = (id: string): void => {
    const old = answers.get(id);
    if (old === undefined) return;
    answers.delete(id);
    bytes -= old.bytes;
    for (const item of outputOf(old.response)) items.delete(String(item['id']));
  };

  const add: StoredAnswers['add'] = (request, response) => {
    const asked = parseJson(request.toString('utf8'));
    const said = parseJson(response);
    if (!isObject(asked) || !isObject(said) || asked['store'] === false) return;
    const history = [...inputItems(asked['input']), ...outputOf(response).map(asInput)];
    keep({ bytes: 2 * request.length + 2 * response.length, response, history });
  };

  const keep = (stored: StoredAnswer): void => {
    const said = parseJson(stored.response);
    if (!isObject(said)) return;
    answers.set(String(said['id']), stored);
    for (const item of outputOf(stored.response)) items.set(String(item['id']), asInput(item));
    bytes += stored.bytes;
    for (const id of answers.keys()) {
      if (bytes <= MAX_BYTES) break;
      remove(id);
    }
  };
  for (const stored of handed) keep(stored);

  /** One look for all that nobody has looked for yet. */
  const seek = (ids: readonly string[]): void => {
    if (ids.length === 0) return;
    if (sought.size >= MAX_SOUGHT) sought.clear();
    const found = earlier.find(ids.map(uuidOf)).then((all) => {
      for (const { request, response } of all) add(Buffer.from(request), response);
    });
    for (const id of ids) sought.set(id, found);
  };

  return {
    mayName: (text) => text.search(ourId) >= 0,
    recall: async (text) => {
      const named = new Set(Array.from(text.matchAll(ourId), ([, id = '']) => id));
      const unknown = [...named].filter((id) => !answers.has(`resp_${id}`));
      seek(unknown.filter((id) => !sought.has(id)));
      for (const id of unknown) await sought.get(id);
    },
    forget: () => {
      for (const id of [...answers.keys()]) remove(id);
      sought.clear();
    },
    handOver: () => [...answers.values()],
    add,
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
      const answer = (body: string): void => {
        if (res.destroyed) return;
        res.writeHead(200, { 'content-type': 'application/json', 'x-understudy': 'student; reason=stored' });
        res.end(body);
      };
      if (req.method === 'GET') answer(found.response);
      else {
        const hex = id.slice('resp_'.length);
        remove(id);
        sought.set(hex, Promise.resolve());
        // Who is told that it is deleted may rely on it, a restart included.
        void earlier
          .withdraw(uuidOf(hex))
          .then(() => answer(JSON.stringify({ id, object: 'response', deleted: true })));
      }
      return true;
    },
  };
}

/** Traces have the id with its dashes. */
function uuidOf(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
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
