import { isObject, type JsonObject, parseJson } from '../base/json.ts';

/**
 * A streamed text is hundreds of events that differ in one word, and taking each of them apart is most of what reading the
 * stream costs. Where events follow each other that are the same but for a text which their reader appends, they are put
 * together as one with all of the text; everything else stays as it came.
 * @param slotOf the text of an event that is appended when events are joined, provided that nothing else in it is; else null.
 */
export function withRunsJoined(stream: string, slotOf: (event: JsonObject) => string | null): string {
  if (stream.includes('\r')) return stream;
  let joined = '';
  let like = null as Likeness | null;
  let attempts = 0;
  for (let at = 0; at < stream.length; ) {
    const run: Run | null = like === null ? null : like.runAt(stream, at);
    if (run !== null) {
      joined += run.event;
      at = run.end;
      continue;
    }
    const end = stream.indexOf('\n\n', at);
    if (end < 0) return joined + stream.slice(at);
    const event = stream.slice(at, end + 2);
    joined += event;
    at = end + 2;
    if (attempts === MAX_ATTEMPTS || like?.begins(event) === true) continue;
    attempts++;
    like = likenessOf(event, slotOf) ?? like;
  }
  return joined;
}

/** A stream whose events are never alike is not looked at for longer than that. */
const MAX_ATTEMPTS = 6;

/** What events have in common that differ in one text only. */
interface Likeness {
  begins(event: string): boolean;
  /** All such events from there on, as one; null: there is none. */
  runAt(stream: string, at: number): Run | null;
}

interface Run {
  readonly event: string;
  /** In the stream. */
  readonly end: number;
}

/** Texts without escapes: what is between the quotes is what they say. */
const PLAIN = String.raw`[^"\\\x00-\x1f]*`;
const slot = new RegExp(
  String.raw`^((?:event: ?[^\n]*\n)?data: ?\{.*"(?:content|text|thinking|reasoning|reasoning_content|partial_json)":")(${PLAIN})("[^\n]*\n\n)$`,
);
/** Noise of no meaning, other in every event; the last thing in it. */
const noise = new RegExp(String.raw`("obfuscation":")${PLAIN}(?="\}\n\n$)`);
const MARK = 'understudy';

function likenessOf(event: string, slotOf: (event: JsonObject) => string | null): Likeness | null {
  const [, before = '', , after = ''] = slot.exec(event) ?? [];
  if (before === '') return null;
  const marked = parseJson(`${before}${MARK}${after}`.replace(/^(?:event:[^\n]*\n)?data:/, ''));
  if (!isObject(marked) || slotOf(marked) !== MARK) return null;
  const [start = '', name = '', rest = ''] = after.split(noise, 3);
  const end = literal(start) + (name === '' ? '' : literal(name) + PLAIN) + literal(rest);
  const pattern = new RegExp(`${literal(before)}(${PLAIN})${end}`, 'y');
  return {
    begins: (other) => other.startsWith(before),
    runAt: (stream, at) => {
      let said = '';
      let last: RegExpExecArray | null = null;
      pattern.lastIndex = at;
      for (let found = pattern.exec(stream); found !== null; found = pattern.exec(stream)) {
        said += found[1]!;
        last = found;
      }
      if (last === null) return null;
      const tail = last[0].slice(before.length + last[1]!.length);
      return { event: before + said + tail, end: last.index + last[0].length };
    },
  };
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
