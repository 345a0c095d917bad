import { shortHash } from '../base/hash.ts';
import { canonicalJson, isObject, type Json } from '../base/json.ts';
import type { Recorded } from './server.ts';

/** Recorded answers by what was asked: the body without what only steers the transport. */
export interface Recording {
  add(request: Json, recorded: Recorded): void;
  find(request: Json): Recorded | null;
  readonly size: number;
}

export function createRecording(): Recording {
  const answers = new Map<string, Recorded>();
  return {
    add: (request, recorded) => void answers.set(key(request), recorded),
    find: (request) => answers.get(key(request)) ?? null,
    get size() {
      return answers.size;
    },
  };
}

const transport = new Set(['stream', 'stream_options']);

function key(request: Json): string {
  if (!isObject(request)) return shortHash(canonicalJson(request));
  return shortHash(
    canonicalJson(Object.fromEntries(Object.entries(request).filter(([name]) => !transport.has(name)))),
  );
}
