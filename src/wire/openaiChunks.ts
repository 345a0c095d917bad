import { isArray, isObject, type Json, type JsonObject } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { isSet, numberOf, objectOf, objectsOf } from './fields.ts';
import type { WireError } from './format.ts';

/**
 * Joins the chunks of a streamed chat completion into the body that a non-streaming call would have had. Fields that no
 * one foresaw are joined by their type (texts are appended, lists concatenated, objects merged), so that a compatible
 * server's own additions survive.
 */
export function joinChunks(chunks: readonly JsonObject[]): Result<Json, WireError> {
  if (chunks.length === 0) return fail({ message: 'the stream has no chunk' });
  const envelope: Record<string, Json> = {};
  const choices = new Map<number, Record<string, Json>>();
  for (const chunk of chunks) {
    for (const key in chunk) {
      const value = chunk[key]!;
      if (key !== 'choices' && (value !== null || !(key in envelope))) envelope[key] = value;
    }
    for (const part of objectsOf(chunk['choices'])) {
      const index = numberOf(part['index']) ?? 0;
      let choice = choices.get(index);
      if (choice === undefined) {
        choice = { index, message: {} };
        choices.set(index, choice);
      }
      addPart(choice, part);
    }
  }
  if (choices.size === 0) return fail({ message: 'the stream has no choice' });
  const joined = [...choices.entries()].sort(([a], [b]) => a - b).map(([, choice]) => finished(choice));
  if (joined.some((choice) => typeof choice['finish_reason'] !== 'string'))
    return fail({ message: 'the stream ended before the answer did' });
  const { usage = groqUsage(envelope), ...rest } = { ...envelope, object: 'chat.completion' } as Record<
    string,
    Json
  >;
  return ok({ ...rest, choices: joined, ...(usage === undefined || usage === null ? {} : { usage }) });
}

/** The text that a chunk adds to the answer, where it adds nothing else; null where it does. */
export function appendedText(chunk: JsonObject): string | null {
  const choices = chunk['choices'];
  if (!isArray(choices) || choices.length !== 1) return null;
  const { delta, index: _, ...others } = objectOf(choices[0]);
  if (Object.values(others).some((value) => value !== null)) return null;
  const added = Object.entries(objectOf(delta)).filter(([key, value]) => value !== null && key !== 'role');
  const text = added.length === 1 ? added[0]![1] : null;
  return typeof text === 'string' ? text : null;
}

/** Groq tells a stream's usage in a place of its own. */
export function groqUsage(body: JsonObject): Json | undefined {
  return objectOf(body['x_groq'])['usage'];
}

function addPart(choice: Record<string, Json>, part: JsonObject): void {
  for (const key in part) {
    if (key === 'index') continue;
    const value = part[key]!;
    if (key === 'delta') choice['message'] = merge(choice['message'], value);
    // Some servers write an empty text where others write null.
    else if (key === 'finish_reason') choice[key] = value || (choice[key] ?? null);
    else choice[key] = merge(choice[key], value);
  }
}

/**
 * Adds one more piece to what is there. Lists whose items carry an `index` are joined item by item. What is there was made
 * here, from earlier pieces, and is added to in place: copies of it would make a long answer's cost quadratic.
 */
function merge(old: Json | undefined, piece: Json | undefined): Json {
  if (piece === undefined || piece === null) return old ?? null;
  if (old === undefined || old === null) return isArray(piece) ? appendAll([], piece) : mergeNew(piece);
  if (typeof old === 'string' && typeof piece === 'string') return old + piece;
  if (isArray(old) && isArray(piece)) return appendAll(old as Json[], piece);
  if (isObject(old) && isObject(piece)) {
    const result = old as Record<string, Json>;
    for (const key in piece)
      if (!isIdentity(key) || !result[key]) result[key] = merge(result[key], piece[key]);
    return result;
  }
  return piece;
}

/** What an item is called or what kind it is: some servers repeat it in every chunk, and it is never a fragment. */
function isIdentity(key: string): boolean {
  return key === 'id' || key === 'type' || key === 'name' || key === 'role' || key === 'index';
}

function mergeNew(piece: Json): Json {
  if (!isObject(piece)) return piece;
  return Object.fromEntries(Object.entries(piece).map(([key, value]) => [key, merge(undefined, value)]));
}

function appendAll(result: Json[], pieces: readonly Json[]): Json[] {
  for (const piece of pieces) {
    const index = isObject(piece) ? numberOf(piece['index']) : null;
    const at = index === null ? -1 : result.findLastIndex((item) => objectOf(item)['index'] === index);
    if (at >= 0 && !isAnotherCall(objectOf(result[at]), objectOf(piece)))
      result[at] = merge(result[at], piece);
    else result.push(mergeNew(piece));
  }
  return result;
}

/** Some servers number all parallel calls 0. A call of its own has an id and a name of its own; a fragment lacks one. */
function isAnotherCall(call: JsonObject, piece: JsonObject): boolean {
  const isNamed = isSet(piece['id']) && isSet(objectOf(piece['function'])['name']);
  return isNamed && isSet(call['id']) && call['id'] !== piece['id'];
}

/** Chunks number their tool calls; whole bodies do not. */
function finished(choice: Record<string, Json>): JsonObject {
  const message = objectOf(choice['message']);
  const calls = message['tool_calls'];
  if (!isArray(calls)) return choice;
  const plain = objectsOf(calls).map(({ index: _, ...call }) => call);
  return { ...choice, message: { ...message, tool_calls: plain } };
}
