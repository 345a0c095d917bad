import { createRandom, type Random } from '../../../src/base/random.ts';
import type { Call } from '../../../src/traces/trace.ts';
import type {
  ChatRequest,
  ChatResponse,
  Message,
  OutputFormat,
  ToolCall,
  ToolChoice,
  ToolDefinition,
} from '../../../src/wire/chat.ts';

/** Calls made by hand: what a test says about a call, and sensible defaults for the rest. */
export interface CallSpec {
  readonly id?: string;
  readonly at?: number;
  readonly system?: string | readonly string[];
  readonly user?: string;
  /** Messages after the system prompt; instead of `user`. */
  readonly messages?: readonly Message[];
  readonly answer?: string | null;
  readonly toolCalls?: readonly (readonly [name: string, args: Record<string, unknown>])[];
  readonly tools?: readonly ToolDefinition[];
  readonly toolChoice?: ToolChoice;
  readonly format?: OutputFormat;
  readonly provider?: 'openai' | 'anthropic';
  readonly model?: string;
  readonly finish?: ChatResponse['finish'];
  readonly refusal?: string;
  readonly status?: number;
  readonly pin?: string;
  readonly site?: string;
  readonly stop?: readonly string[];
  readonly maxTokens?: number;
  /** What the generator knows about the call; kept in the trace's `source`. */
  readonly truth?: string;
}

let counter = 0;

export function makeCall(spec: CallSpec): Call {
  const id = spec.id ?? `call-${counter++}`;
  const failed = spec.status !== undefined && spec.status >= 400;
  return {
    trace: {
      id,
      startMs: spec.at ?? counter * 1000,
      durationMs: 100,
      firstByteMs: 50,
      provider: spec.provider ?? 'openai',
      format: spec.provider === 'anthropic' ? 'anthropic-messages' : 'openai-chat',
      path: '/v1/chat/completions',
      status: spec.status ?? 200,
      streamed: false,
      request: null,
      response: null,
      incomplete: null,
      servedBy: 'teacher',
      pinnedTask: spec.pin ?? null,
      site: spec.site ?? null,
      headers: {},
      route: null,
      source: spec.truth ?? '',
    },
    request: makeRequest(spec),
    response: failed ? null : makeResponse(spec, id),
  };
}

export function makeRequest(spec: CallSpec): ChatRequest {
  const systems =
    spec.system === undefined ? [] : typeof spec.system === 'string' ? [spec.system] : spec.system;
  return {
    model: spec.model ?? 'teacher-1',
    messages: [
      ...systems.map((text) => message('system', text)),
      ...(spec.messages ?? [message('user', spec.user ?? '')]),
    ],
    tools: spec.tools ?? [],
    toolChoice: spec.toolChoice ?? 'auto',
    parallelToolCalls: null,
    outputFormat: spec.format ?? { kind: 'text' },
    sampling: {
      temperature: 0,
      topP: null,
      maxTokens: spec.maxTokens ?? null,
      stop: spec.stop ?? [],
      choices: 1,
      logprobs: false,
      seed: null,
    },
    stream: false,
    includeUsage: false,
    teacherOnly: [],
    unknownKeys: [],
  };
}

function makeResponse(spec: CallSpec, id: string): ChatResponse {
  const toolCalls = (spec.toolCalls ?? []).map(
    ([name, args], i): ToolCall => ({
      id: `${id}-${i}`,
      name,
      arguments: JSON.stringify(args),
      parsed: JSON.parse(JSON.stringify(args)) as ToolCall['parsed'],
    }),
  );
  return {
    id: `r-${id}`,
    model: spec.model ?? 'teacher-1',
    text: spec.answer ?? null,
    toolCalls,
    reasoning: null,
    refusal: spec.refusal ?? null,
    finish: spec.finish ?? (toolCalls.length > 0 ? 'tool-calls' : 'stop'),
    usage: null,
    logprobs: null,
    choices: 1,
  };
}

export function message(role: Message['role'], text: string): Message {
  return { role, parts: [{ kind: 'text', text }] };
}

export function tool(name: string, properties: Record<string, string> = {}): ToolDefinition {
  return {
    name,
    description: `Does ${name}.`,
    parameters: {
      type: 'object',
      properties: Object.fromEntries(Object.entries(properties).map(([key, type]) => [key, { type }])),
    },
    hosted: false,
  };
}

const nouns =
  'order parcel invoice garden river window teacher bottle planet market engine letter story camera island winter kitchen bridge doctor mountain ticket guitar shadow blanket lantern harbour meadow pencil saddle turbine'.split(
    ' ',
  );
const verbs =
  'lost found painted repaired returned opened broke sold bought cancelled moved forgot promised carried cleaned changed missed hid threw built'.split(
    ' ',
  );
const adjectives =
  'old green broken quiet expensive tiny strange heavy early wooden bright cold famous empty gentle noisy purple rapid'.split(
    ' ',
  );
const people = 'Ada Bruno Chloe Dmitri Esra Femi Greta Hugo Ines Jonas Kaya Liam Mara Nils Olga Pedro'.split(
  ' ',
);

/** Sentences that a person might write, different in nearly every call. */
export function sentence(random: Random): string {
  const pick = (list: readonly string[]): string => list[random.int(list.length)]!;
  const opening = pick([
    `${pick(people)} ${pick(verbs)}`,
    `we ${pick(verbs)}`,
    `can you see who ${pick(verbs)}`,
    `yesterday they ${pick(verbs)}`,
    `why was it that nobody ${pick(verbs)}`,
    `please note that I ${pick(verbs)}`,
  ]);
  const middle = ` the ${pick(adjectives)} ${pick(nouns)}`;
  const end = pick([
    '',
    ` near the ${pick(nouns)}`,
    ` and the ${pick(adjectives)} ${pick(nouns)} ${random.int(900)}`,
    ' again',
  ]);
  return `${opening}${middle}${end}${pick(['.', '?', '', '!'])}`;
}

export function paragraph(random: Random, sentences: number): string {
  return Array.from({ length: sentences }, () => sentence(random)).join(' ');
}

export function person(random: Random): string {
  return people[random.int(people.length)]!;
}

export const START = Date.UTC(2026, 0, 5);

/**
 * `count` calls of one kind, a minute apart with some jitter.
 * @param build what a call looks like; its truth is `truth`.
 */
export function stream(
  truth: string,
  count: number,
  build: (random: Random, index: number, atMs: number) => CallSpec,
  { from = START, everyMs = 60_000 }: { from?: number; everyMs?: number } = {},
): Call[] {
  const random = createRandom(truth);
  return Array.from({ length: count }, (_, i) => {
    const at = from + i * everyMs + random.int(everyMs);
    return makeCall({ truth, at, ...build(random, i, at) });
  });
}

/** Several streams as one log, in order of time. */
export function mixed(...streams: readonly (readonly Call[])[]): Call[] {
  return streams.flat().sort((a, b) => a.trace.startMs - b.trace.startMs);
}
