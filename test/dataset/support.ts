import type { AssignedCall, OutputShape, SlotProfile, Task, Toolset } from '../../src/tasks/task.ts';
import type { Answer, OutputFormat } from '../../src/wire/chat.ts';

/** Tasks and calls made by hand: what discovery would hand over. */

export interface Made {
  readonly input: string | Readonly<Record<string, string>>;
  readonly answer: Answer;
  readonly servedBy?: 'teacher' | 'student';
  readonly kind?: AssignedCall['assignment']['kind'];
  readonly version?: number;
  /** Tokens that the request allows; an answer whose ending is `limit` has used them up. */
  readonly maxTokens?: number;
}

export const said = (text: string): Answer => ({ text, toolCalls: [] });
export const called = (...calls: [name: string, args: string][]): Answer => ({
  text: null,
  toolCalls: calls.map(([name, args]) => ({ name, arguments: args })),
});

export function makeTask(
  options: {
    readonly output?: OutputShape;
    readonly slots?: readonly string[];
    readonly toolset?: Toolset;
    readonly outputFormat?: OutputFormat;
    readonly versions?: number;
  } = {},
): Task {
  const slots = (options.slots ?? ['text']).map(
    (name): SlotProfile => ({
      name,
      type: name.startsWith('date') ? 'date' : name.startsWith('noise') ? 'nuisance' : 'main',
      kept: !name.startsWith('noise'),
      reason: '',
      distinct: 0,
      examples: [],
    }),
  );
  return {
    id: 'task',
    name: 'task',
    renamed: false,
    versions: Array.from({ length: options.versions ?? 1 }, (_, i) => ({
      version: i + 1,
      template: { messages: [], turns: 'fixed', hash: `hash${i}` },
      toolset: options.toolset ?? { kind: 'fixed', hash: '', tools: [] },
      outputFormat: options.outputFormat ?? { kind: 'text' },
      models: ['teacher'],
      calls: 0,
      firstMs: 0,
      lastMs: 0,
      change: i === 0 ? null : { kind: 'minor', summary: 'wording', diff: '' },
    })),
    slots,
    output: options.output ?? { kind: 'text', reason: '' },
    providers: ['openai'],
    sites: [],
    models: [],
    calls: 0,
    firstMs: 0,
    lastMs: 0,
  };
}

export function makeCalls(made: readonly Made[]): AssignedCall[] {
  return made.map(({ input, answer, servedBy, kind, version, maxTokens }, i) => ({
    call: {
      trace: {
        id: `call${i}`,
        startMs: i * 1000,
        durationMs: 1,
        firstByteMs: 1,
        provider: 'openai',
        format: 'openai-chat',
        path: '/v1/chat/completions',
        status: 200,
        streamed: false,
        request: null,
        response: null,
        incomplete: null,
        servedBy: servedBy ?? 'teacher',
        pinnedTask: null,
        site: null,
        headers: {},
        route: null,
        source: 'gateway',
      },
      request: {
        model: 'teacher',
        messages: [],
        tools: [],
        toolChoice: 'auto',
        parallelToolCalls: null,
        outputFormat: { kind: 'text' },
        sampling: {
          temperature: null,
          topP: null,
          maxTokens: maxTokens ?? null,
          stop: [],
          choices: 1,
          logprobs: false,
          seed: null,
        },
        stream: false,
        includeUsage: false,
        teacherOnly: [],
        unknownKeys: [],
      },
      response: {
        id: '',
        model: 'teacher-1',
        text: answer.text,
        toolCalls: answer.toolCalls.map((call) => ({ ...call, id: '', parsed: null })),
        reasoning: null,
        refusal: null,
        finish: answer.ending?.kind === 'limit' ? 'length' : 'stop',
        usage: null,
        logprobs: null,
        choices: 1,
      },
    },
    assignment: {
      callId: `call${i}`,
      taskId: 'task',
      version: version ?? 1,
      kind: kind ?? 'normal',
      slots: typeof input === 'string' ? { text: input } : input,
    },
  }));
}

const topics: Readonly<Record<string, readonly string[]>> = {
  weather: ['rain', 'sunny', 'forecast', 'snow', 'umbrella', 'wind', 'storm', 'degrees'],
  music: ['song', 'album', 'play', 'band', 'louder', 'guitar', 'concert', 'lyrics'],
  travel: ['flight', 'hotel', 'luggage', 'ticket', 'airport', 'passport', 'train', 'visa'],
  food: ['pizza', 'recipe', 'dinner', 'oven', 'salad', 'menu', 'spicy', 'lunch'],
};
const filler = 'the a to for me please now when is it can you tomorrow today some any what how in my'.split(
  ' ',
);

/** Short requests about one of four topics, deterministic by number. */
export function request(i: number): { readonly text: string; readonly topic: string } {
  const names = Object.keys(topics);
  const topic = names[i % names.length]!;
  const own = topics[topic]!;
  let state = (i * 2654435761 + 12345) >>> 0;
  const draw = (n: number): number => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return state % n;
  };
  const words = Array.from({ length: 5 + draw(5) }, () => filler[draw(filler.length)]!);
  for (let k = 0; k < 2; k++) words.splice(draw(words.length), 0, own[draw(own.length)]!);
  return { text: `${words.join(' ')} ${i.toString(36)}`, topic };
}

export function topicCalls(n: number, answerOf: (topic: string, i: number) => Answer): Made[] {
  return Array.from({ length: n }, (_, i) => {
    const { text, topic } = request(i);
    return { input: text, answer: answerOf(topic, i) };
  });
}
