import type { Call } from '../../../src/traces/trace.ts';
import { message, paragraph, person, START, sentence, stream, tool } from './calls.ts';

/** One task's calls as real projects make them. Answers carry no hint of the task beyond what they would in life. */

const DAY = 86_400_000;
const labels = ['billing', 'delivery', 'returns', 'praise', 'other'];

function labelFor(text: string): string {
  return labels[text.length % labels.length]!;
}

export interface Scenario {
  readonly name: string;
  readonly calls: readonly Call[];
  readonly versions: number;
  /** Names of slots that must be found besides `input`. */
  readonly slots?: readonly string[];
}

export function scenarios(count = 120): readonly Scenario[] {
  return [
    {
      name: 'label after a system prompt',
      versions: 1,
      calls: stream('label after a system prompt', count, (random) => {
        const user = sentence(random);
        return {
          system: `Sort the customer's message into one of: ${labels.join(', ')}.`,
          user,
          answer: labelFor(user),
        };
      }),
    },
    {
      name: 'retrieved context',
      versions: 1,
      slots: ['context'],
      calls: stream('retrieved context', count, (random) => ({
        system: 'Answer the question from the context only. Say which source you used.',
        user: `Context:\n[1] ${paragraph(random, 6)}\n[2] ${paragraph(random, 5)}\n[3] ${paragraph(random, 7)}\n\nQuestion: ${sentence(random)}\nAnswer in one sentence.`,
        answer: sentence(random),
      })),
    },
    {
      name: 'retrieved context in the system prompt',
      versions: 1,
      calls: stream('retrieved context in the system prompt', count, (random) => ({
        system: `You support the users of the Fernwood shop. Use these help articles and nothing else.\n\n<articles>\n${paragraph(random, 12)}\n</articles>\n\nAnswer politely and in at most three sentences.`,
        user: sentence(random),
        answer: paragraph(random, 2),
      })),
    },
    {
      name: 'few-shot turns',
      versions: 1,
      calls: stream('few-shot turns', count, (random) => {
        const text = sentence(random);
        return {
          system: 'Rate the mood of each note.',
          messages: [
            message('user', 'Note: the sun is out and so are we'),
            message('assistant', 'happy'),
            message('user', 'Note: my train left without me'),
            message('assistant', 'annoyed'),
            message('user', `Note: ${text}`),
          ],
          answer: ['happy', 'annoyed', 'sad'][text.length % 3]!,
        };
      }),
    },
    {
      name: 'retrieved few-shot block',
      versions: 1,
      slots: ['review'],
      calls: stream('retrieved few-shot block', count, (random) => {
        const text = sentence(random);
        const shots = Array.from(
          { length: 3 },
          () => `Review: ${sentence(random)}\nStars: ${1 + random.int(5)}`,
        );
        return {
          user: `Give the number of stars for the last review.\n\nExamples:\n${shots.join('\n\n')}\n\nReview to rate: ${text}\nStars:`,
          answer: `${1 + (text.length % 5)}`,
        };
      }),
    },
    {
      name: 'conversation',
      versions: 1,
      slots: ['history'],
      calls: stream('conversation', count, (random) => {
        const turns = random.int(4);
        const messages = Array.from({ length: 2 * turns }, (_, i) =>
          message(i % 2 === 0 ? 'user' : 'assistant', sentence(random)),
        );
        return {
          system:
            'You are the front desk of the Lakeside hotel. Help guests with bookings, breakfast and parking.',
          messages: [...messages, message('user', sentence(random))],
          answer: paragraph(random, 2),
        };
      }),
    },
    {
      name: 'date and user in the prompt',
      versions: 1,
      slots: ['date', 'user'],
      calls: stream(
        'date and user in the prompt',
        count,
        (random, _, at) => ({
          system: `You keep a to-do list.\nToday's date: ${new Date(at).toISOString().slice(0, 10)}\nUser: ${person(random)}\nReply with JSON: {"action": "add" | "remove" | "list"}`,
          user: sentence(random),
          answer: JSON.stringify({ action: ['add', 'remove', 'list'][random.int(3)] }),
        }),
        { everyMs: 3_600_000 },
      ),
    },
    {
      name: 'several slots in one message',
      versions: 1,
      slots: ['subject', 'sender'],
      calls: stream('several slots in one message', count, (random) => {
        const body = paragraph(random, 4);
        return {
          user: `Is this e-mail urgent? Answer yes or no.\n\nSender: ${person(random).toLowerCase()}@example.org\nSubject: ${sentence(random)}\nBody:\n---\n${body}\n---`,
          answer: body.length % 2 === 0 ? 'yes' : 'no',
        };
      }),
    },
    {
      name: 'prefill and stop sequence',
      versions: 1,
      calls: stream('prefill and stop sequence', count, (random) => ({
        provider: 'anthropic',
        system: 'Extract the object that the sentence is about.',
        messages: [
          message('user', `<sentence>${sentence(random)}</sentence>`),
          message('assistant', '<object>'),
        ],
        stop: ['</object>'],
        answer: sentence(random).split(' ').at(-1)!,
      })),
    },
    {
      name: 'reworded after a week',
      versions: 2,
      calls: [
        ...stream('reworded after a week', count, (random) => ({
          system: 'Summarise the note in at most 5 words. Do not use names.',
          user: `Note: ${paragraph(random, 2)}`,
          answer: sentence(random),
        })),
        ...stream(
          'reworded after a week',
          count,
          (random) => ({
            system: 'Summarise the note in at most 5 words. Do not use names. Write in the present tense.',
            user: `Note: ${paragraph(random, 2)}`,
            answer: sentence(random),
          }),
          { from: START + 7 * DAY },
        ),
      ],
    },
    {
      name: 'number edited',
      versions: 2,
      calls: [5, 12].flatMap((limit, i) =>
        stream(
          'number edited',
          count,
          (random) => ({
            system: `Write a headline of at most ${limit} words for the story below. No clickbait.`,
            user: paragraph(random, 3),
            answer: sentence(random),
          }),
          { from: START + i * 5 * DAY },
        ),
      ),
    },
    {
      name: 'two providers',
      versions: 1,
      calls: stream('two providers', count, (random, i) => ({
        provider: i % 3 === 0 ? 'anthropic' : 'openai',
        model: i % 3 === 0 ? 'teacher-b' : 'teacher-a',
        system: 'Name the language of the text with its two-letter code.',
        user: sentence(random),
        answer: ['en', 'de', 'fr'][random.int(3)]!,
      })),
    },
    {
      name: 'tools without a prompt',
      versions: 1,
      calls: stream('tools without a prompt', count, (random) => ({
        tools: [
          tool('book_room', { guest: 'string', nights: 'number' }),
          tool('cancel_room', { guest: 'string' }),
        ],
        user: sentence(random),
        toolCalls: [['cancel_room', { guest: person(random) }]],
      })),
    },
    {
      name: 'own tools per call',
      versions: 1,
      calls: stream('own tools per call', count, (random) => {
        const names = Array.from({ length: 1 + random.int(3) }, () => `tool_${random.int(4000)}`);
        return {
          system: 'Pick the tool that does what the user wants.',
          tools: names.map((name) => tool(name, { target: 'string' })),
          user: sentence(random),
          toolCalls: [[names[0]!, { target: 'it' }]],
        };
      }),
    },
    {
      name: 'agent with tool results',
      versions: 1,
      slots: ['history'],
      calls: stream('agent with tool results', count, (random, i) => {
        const call = { id: 'c1', name: 'look_up', arguments: '{"q":"x"}', parsed: { q: 'x' } };
        const steps = Array.from({ length: i % 3 }, () => [
          { role: 'assistant' as const, parts: [{ kind: 'tool-call' as const, call }] },
          {
            role: 'tool' as const,
            parts: [{ kind: 'tool-result' as const, callId: 'c1', text: sentence(random) }],
          },
        ]).flat();
        return {
          system: 'Find out what the stock keeper wants to know; look things up as often as needed.',
          tools: [tool('look_up', { q: 'string' })],
          messages: [message('user', sentence(random)), ...steps],
          toolCalls: [['look_up', { q: person(random) }]],
        };
      }),
    },
    ...['priority', 'product', 'tone'].map((aspect) => ({
      name: `shared opening, ${aspect}`,
      versions: 1,
      calls: stream(`shared opening, ${aspect}`, count, (random) => ({
        user: `You work for the Northwind help desk. Be brief, be fair, never invent facts about our customers.\n\nTell the ${aspect} of this ticket${aspect === 'tone' ? ' as one adjective' : aspect === 'product' ? ', one of lamp, chair, desk' : ' from 1 (can wait) to 4 (at once)'}.\n\nTicket:\n${paragraph(random, 2)}`,
        answer: {
          priority: ['1', '2', '3', '4'],
          product: ['lamp', 'chair', 'desk'],
          tone: ['calm', 'angry', 'polite'],
        }[aspect as 'tone'][random.int(3)]!,
      })),
    })),
    ...['shorten', 'translate'].map((verb) => ({
      name: `shared system prompt, ${verb}`,
      versions: 1,
      calls: stream(`shared system prompt, ${verb}`, count, (random) => ({
        system:
          'You are a careful editor of technical manuals. Keep units and part numbers exactly as they are.',
        user:
          verb === 'shorten'
            ? `Shorten the following passage to half its length without losing any warning:\n\n${paragraph(random, 4)}`
            : `Translate this passage into German for service technicians, formal address:\n\n${paragraph(random, 3)}`,
        answer: paragraph(random, 2),
      })),
    })),
    {
      name: 'Chinese prompt',
      versions: 1,
      calls: stream('Chinese prompt', count, (random) => ({
        system: '请判断下面这句话的情感，只回答：正面、负面或中性。',
        user: `句子：${Array.from({ length: 6 + random.int(10) }, () => '今天天气很好我们去公园吃饭看电影买东西回家睡觉'[random.int(22)]).join('')}`,
        answer: ['正面', '负面', '中性'][random.int(3)]!,
      })),
    },
    {
      name: 'regular expression characters',
      versions: 1,
      calls: stream('regular expression characters', count, (random) => ({
        user: `Does (.*)+$ [a-z]{2,} \\d match? ^Say yes|no.\n\n/${sentence(random)}/\n\n$1 \\1 (?:end)`,
        answer: ['yes', 'no'][random.int(2)]!,
      })),
    },
  ];
}

const asked = [
  'what is the capital of australia',
  'write a haiku about flaky tests',
  'fix grammar: the users has been migrate yesterday',
  'explain mutexes to a beginner in two sentences',
  'ping',
  'sql to find duplicate rows',
  'name the planets',
  'how many tokens is a page of text',
];

/** What developers type by hand: no task. */
export function handTyped(count = 80): readonly Call[] {
  return stream(
    'none',
    count,
    (random) => {
      const n = random.int(40);
      const texts = [
        ...asked,
        `what does http ${n} mean`,
        `prompt test v${n}: answer only with OK`,
        `give me ${n} fake names`,
      ];
      return {
        ...(random.int(2) === 0 ? { system: 'You are a helpful assistant.' } : {}),
        user: texts[random.int(texts.length)]!,
        model: ['teacher-1', 'teacher-mini'][random.int(2)]!,
        answer: sentence(random),
      };
    },
    { everyMs: 600_000 },
  );
}
