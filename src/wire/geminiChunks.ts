import { isArray, isObject, type Json, type JsonObject, parseJson } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { errorIn, isSet, numberOf, objectOf, objectsOf } from './fields.ts';
import type { WireError } from './format.ts';
import { parseSse } from './sse.ts';

/** Joins a stream of Google's, SSE or one JSON array, into the body that `generateContent` would have given. */
export function joinGemini(stream: string): Result<Json, WireError> {
  const chunks = readChunks(stream);
  if (!chunks.ok) return chunks;
  const envelope: Record<string, Json> = {};
  const candidates = new Map<number, JsonObject>();
  for (const chunk of chunks.value) {
    const error = errorIn(chunk);
    if (error !== null) return fail({ message: `the stream carries an error: ${error}` });
    for (const [key, value] of Object.entries(chunk)) if (key !== 'candidates') envelope[key] = value;
    for (const piece of objectsOf(chunk['candidates'])) {
      const index = numberOf(piece['index']) ?? 0;
      candidates.set(index, addPiece(candidates.get(index), piece));
    }
  }
  const joined = [...candidates.entries()].sort(([a], [b]) => a - b).map(([, candidate]) => candidate);
  const isBlocked = isSet(objectOf(envelope['promptFeedback'])['blockReason']);
  const isWhole = joined.length > 0 && joined.every((candidate) => isSet(candidate['finishReason']));
  if (!isWhole && !isBlocked) return fail({ message: 'the stream ended before the answer did' });
  return ok(joined.length > 0 ? { candidates: joined, ...envelope } : envelope);
}

function readChunks(stream: string): Result<JsonObject[], WireError> {
  if (stream.trimStart().startsWith('[')) {
    const list = parseJson(stream);
    return isArray(list)
      ? ok(list.filter(isObject))
      : fail({ message: 'the streamed array is cut short or damaged' });
  }
  const chunks: JsonObject[] = [];
  for (const { data } of parseSse(stream)) {
    const chunk = parseJson(data);
    if (!isObject(chunk)) return fail({ message: 'an event of the stream is not a JSON object' });
    chunks.push(chunk);
  }
  return ok(chunks);
}

function addPiece(candidate: JsonObject | undefined, piece: JsonObject): JsonObject {
  const old = objectOf(candidate?.['content']);
  const content = objectOf(piece['content']);
  const parts = appendParts(objectsOf(old['parts']), objectsOf(content['parts']));
  const logprobs = joinLogprobs(candidate?.['logprobsResult'], piece['logprobsResult']);
  return { ...candidate, ...piece, ...logprobs, content: { ...old, ...content, parts } };
}

/** Pieces of one text follow one another; a thought and a text, or a text with a signature, stay apart. */
function appendParts(parts: readonly JsonObject[], pieces: readonly JsonObject[]): JsonObject[] {
  const joined = [...parts];
  for (const piece of pieces) {
    const last = joined.at(-1);
    const isText = typeof piece['text'] === 'string' && typeof last?.['text'] === 'string';
    if (isText && (last['thought'] ?? false) === (piece['thought'] ?? false))
      joined[joined.length - 1] = { ...last, ...piece, text: `${last['text']}${piece['text']}` };
    else joined.push(piece);
  }
  return joined;
}

function joinLogprobs(old: Json | undefined, piece: Json | undefined): JsonObject {
  if (!isObject(old) || !isObject(piece)) return {};
  const joined = Object.fromEntries(
    Object.entries(piece).map(([key, value]) => {
      const before = old[key];
      return [key, isArray(before) && isArray(value) ? [...before, ...value] : value];
    }),
  );
  return { logprobsResult: { ...old, ...joined } };
}
