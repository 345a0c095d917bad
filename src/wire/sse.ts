import { isObject, type JsonObject, parseJson } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { WireError } from './format.ts';

/** One server-sent event (WHATWG HTML, 9.2). `event` is null where no `event:` line named it. */
export interface SseEvent {
  readonly event: string | null;
  readonly data: string;
}

/**
 * The events of a whole stream, in order. Lines end in LF, CRLF or a bare CR; comments, `id:` and `retry:` are skipped;
 * several `data:` lines are joined by LF. An event that the stream's end cuts off before its blank line is given too:
 * whether it is whole, its reader can tell, and some servers leave out the last blank line.
 */
export function parseSse(stream: string): SseEvent[] {
  const events: SseEvent[] = [];
  let event: string | null = null;
  let data: string[] = [];
  const dispatch = (): void => {
    if (data.length > 0) events.push({ event, data: data.join('\n') });
    event = null;
    data = [];
  };
  for (const line of lines(stream)) {
    if (line === '') dispatch();
    else {
      const { field, value } = splitField(line);
      if (field === 'data') data.push(value);
      else if (field === 'event') event = value;
    }
  }
  dispatch();
  return events;
}

/** The lines of a text that starts with an optional byte order mark; the end of the text ends the last one. */
function lines(stream: string): string[] {
  const text = stream.charCodeAt(0) === 0xfeff ? stream.slice(1) : stream;
  return text.split(/\r\n|\r|\n/);
}

function splitField(line: string): { field: string; value: string } {
  const colon = line.indexOf(':');
  if (colon < 0) return { field: line, value: '' };
  const start = line.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1;
  return { field: line.slice(0, colon), value: line.slice(start) };
}

/** The JSON objects of newline-delimited JSON, blank lines skipped. Fails on the first line that is not an object. */
export function parseNdjson(stream: string): Result<JsonObject[], WireError> {
  const objects: JsonObject[] = [];
  for (const [index, line] of lines(stream).entries()) {
    if (line.trim() === '') continue;
    const value = parseJson(line);
    if (!isObject(value)) return fail({ message: `line ${index + 1} of the stream is not a JSON object` });
    objects.push(value);
  }
  return ok(objects);
}

/** One event as most providers frame it: LF line ends, one `data:` line. */
export function formatSse(data: string, event: string | null = null): string {
  return event === null ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;
}
