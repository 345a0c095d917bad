import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { hash32 } from '../base/hash.ts';
import { isObject, parseJson } from '../base/json.ts';
import { normaliseText } from '../base/text.ts';
import { messageText } from '../wire/chat.ts';
import type { ProviderName } from '../wire/format.ts';
import { formatFor } from '../wire/formats.ts';
import { startTeacher, type Teacher } from './server.ts';

/** The teacher of the demo: answers the bundled sample's requests as recorded, and others like their nearest neighbour. */

interface Entry {
  readonly words: ReadonlySet<string>;
  readonly answer: string;
}

/** @param file JSON lines `{task, input, answer}`, gzip-compressed. */
export function startEmbeddedTeacher(
  file: string,
  options: { readonly port?: number; readonly delayMs?: number },
): Promise<Teacher> {
  const entries = new Map<string, Entry>();
  for (const line of gunzipSync(readFileSync(file)).toString('utf8').split('\n')) {
    const row = parseJson(line);
    if (!isObject(row)) continue;
    const key = normaliseText(String(row['input']));
    entries.set(key, { words: new Set(key.split(' ')), answer: String(row['answer']) });
  }
  return startTeacher({
    ...options,
    answer: (body, _headers, provider) => {
      const format = formatFor(provider, 'POST', chatPath[provider]);
      const request = format?.parseRequest(body, chatPath[provider]);
      if (format === null || !request?.ok) return null;
      const user = request.value.messages.findLast((message) => message.role === 'user');
      const text = normaliseText(user === undefined ? '' : messageText(user));
      const entry = entries.get(text) ?? nearest(text, entries);
      const rendered = format.renderResponse({ text: entry.answer, toolCalls: [] }, request.value, {
        id: hash32(text).toString(36),
        createdMs: Date.now(),
        inputTokens: Math.ceil(JSON.stringify(body).length / 4.15),
        outputTokens: Math.ceil(entry.answer.length / 4.15) + 1,
      });
      return { status: 200, response: parseJson(rendered.chunks.join('')) ?? null };
    },
  });
}

const chatPath: Readonly<Record<ProviderName, string>> = {
  openai: '/v1/chat/completions',
  azure: '/openai/deployments/sample/chat/completions',
  anthropic: '/v1/messages',
  gemini: '/v1beta/models/sample:generateContent',
  ollama: '/api/chat',
};

function nearest(text: string, entries: ReadonlyMap<string, Entry>): Entry {
  const words = new Set(text.split(' '));
  let best: Entry = { words, answer: 'out_of_scope' };
  let bestScore = 0.2;
  for (const entry of entries.values()) {
    let common = 0;
    for (const word of words) if (entry.words.has(word)) common++;
    const score = common / (words.size + entry.words.size - common);
    if (score > bestScore) [best, bestScore] = [entry, score];
  }
  return best;
}
