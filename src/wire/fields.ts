import { isArray, isObject, type Json, type JsonObject, parseJson } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Message, Part, TokenLogprob, ToolCall } from './chat.ts';
import type { WireError } from './format.ts';
import { mediumOf } from './media.ts';

/** Readers of loosely typed wire bodies: a wrong type reads as "not there", never as an exception. */

export const textOf = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);
export const numberOf = (value: Json | undefined): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;
export const listOf = (value: Json | undefined): readonly Json[] => (isArray(value) ? value : []);
export const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
export const objectsOf = (value: Json | undefined): readonly JsonObject[] => listOf(value).filter(isObject);

/** The first field that is there and not null: providers and their SDKs mix `camelCase` with `snake_case`. */
export function firstOf(body: JsonObject, ...keys: readonly string[]): Json | undefined {
  for (const key of keys) {
    const value = body[key];
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

/** True where the field is there, is not null, and is not an empty list, object, text or `false`. */
export function isSet(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  if (isArray(value)) return value.length > 0;
  return isObject(value) ? Object.keys(value).length > 0 : true;
}

/** Keys with a value that are not in `known`, in the order of the body. */
export function unknownKeysOf(body: JsonObject, known: ReadonlySet<string>): string[] {
  return Object.keys(body).filter((key) => !known.has(key) && body[key] !== null && body[key] !== undefined);
}

/** A list of texts, from one text or a list of them. */
export function textsOf(value: Json | undefined): string[] {
  if (typeof value === 'string') return [value];
  return listOf(value).filter((item): item is string => typeof item === 'string');
}

/** A tool call from the exact text of its arguments. */
export function toolCall(id: string, name: string, argumentsText: string): ToolCall {
  const parsed = parseJson(argumentsText);
  return { id, name, arguments: argumentsText, parsed: isObject(parsed) ? parsed : null };
}

/** A tool call from arguments that are already a value: the text is the minified JSON. */
export function toolCallOf(id: string, name: string, value: Json | undefined): ToolCall {
  return toolCall(id, name, JSON.stringify(value ?? {}));
}

/** What a tool's arguments are as a value; an empty object where the text is none. */
export function argumentsValue(argumentsText: string): JsonObject {
  const value = parseJson(argumentsText);
  return isObject(value) ? value : {};
}

/** A medium by hash and size. */
export function mediaPart(media: 'image' | 'audio' | 'file', source: Json | undefined): Part {
  return { kind: 'media', media, ...mediumOf(source) };
}

/** OpenAI's list of token log-probabilities, which Ollama and the Responses API share; null where there is none. */
export function logprobsOf(value: Json | undefined): TokenLogprob[] | null {
  if (!isArray(value)) return null;
  return objectsOf(value).map((item) => ({
    token: textOf(item['token']) ?? '',
    logprob: numberOf(item['logprob']) ?? 0,
    top: objectsOf(item['top_logprobs']).map((other) => ({
      token: textOf(other['token']) ?? '',
      logprob: numberOf(other['logprob']) ?? 0,
    })),
  }));
}

/** An error in a response body, as one line; null where the body is none. */
export function errorIn(body: JsonObject): string | null {
  const error = body['error'];
  if (!isSet(error)) return null;
  if (typeof error === 'string') return error;
  return textOf(objectOf(error)['message']) ?? 'the provider reported an error';
}

/** The object that a successful answer is; fails for anything else and for an error. */
export function answerBody(body: Json): Result<JsonObject, WireError> {
  if (!isObject(body)) return fail({ message: 'the body is not a JSON object' });
  const error = errorIn(body);
  return error === null ? ok(body) : fail({ message: error });
}

/** Input that a student cannot read, in words. */
export function mediaIn(messages: readonly Message[]): string[] {
  const kinds = new Set<string>();
  for (const message of messages) {
    for (const part of message.parts) {
      if (part.kind === 'media') kinds.add(`${part.media} input`);
      else if (part.kind === 'unknown') kinds.add('a message part of an unknown kind');
    }
  }
  return [...kinds];
}
