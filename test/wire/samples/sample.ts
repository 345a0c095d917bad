import type { Json, JsonObject } from '../../../src/base/json.ts';
import type { ChatResponse } from '../../../src/wire/chat.ts';
import type { ProviderName, WireFormat } from '../../../src/wire/format.ts';

/** What the contract suite needs to know about one wire format: the same call and answer, written in that format. */
export interface Sample {
  readonly format: WireFormat;
  readonly provider: ProviderName;
  readonly paths: readonly string[];
  readonly foreignPaths: readonly string[];
  readonly path: string;
  readonly streamPath: string;
  /** System "Answer in one word.", user "Which colour has the sky?", tool `look_up(query: string)` where there are tools,
   * schema `{colour: string}`, temperature 0, at most 16 tokens, stop "END" where the format has it. */
  readonly request: JsonObject;
  readonly hasTools: boolean;
  readonly hasStop: boolean;
  /** Answers say which stop sequence ended them. */
  readonly namesStop?: boolean;
  /** The same with a turn of the assistant that calls `look_up({"query":"sky"})`, its result "blue", then "And now?". */
  readonly turns: JsonObject | null;
  /** The same with a picture of the bytes `picture` beside the question. */
  readonly withPicture: JsonObject;
  /** Keys that change nothing about a right answer. */
  readonly harmless: JsonObject;
  /** Additions that only the teacher can honour. */
  readonly teacherOnly: readonly JsonObject[];
  readonly answers: readonly SampleAnswer[];
  /** The beginning of a stream followed by the provider's error. */
  readonly failingStream: string;
  /** A body that is an error. */
  readonly errorBody: JsonObject;
}

/** One answer: the whole body, the stream that says the same, and how both read. */
export interface SampleAnswer {
  readonly title: string;
  readonly body: JsonObject;
  readonly stream: string;
  readonly reads: Partial<ChatResponse>;
}

export const schema: JsonObject = {
  type: 'object',
  properties: { colour: { type: 'string' } },
  required: ['colour'],
};
export const parameters: JsonObject = {
  type: 'object',
  properties: { query: { type: 'string' } },
  required: ['query'],
};

/** Enough bytes to look like a picture. */
export const picture = Buffer.from(Array.from({ length: 400 }, (_, i) => (i * 37) % 256));

export const sse = (...events: readonly (Json | readonly [string, Json])[]): string =>
  events
    .map((event) => {
      const [name, data] = Array.isArray(event) ? (event as [string, Json]) : [null, event as Json];
      const text = typeof data === 'string' ? data : JSON.stringify(data);
      return `${name === null ? '' : `event: ${name}\n`}data: ${text}\n\n`;
    })
    .join('');
