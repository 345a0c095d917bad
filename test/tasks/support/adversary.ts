import type { Random } from '../../../src/base/random.ts';
import type { Call } from '../../../src/traces/trace.ts';
import { type CallSpec, message, person, START, sentence, stream, tool } from './calls.ts';

/**
 * Traffic made to mislead: other languages and scripts, prompts that are data, prompts that differ in one instruction,
 * users who paste prompts, jobs that run at night and at the end of the month, trials of two wordings side by side.
 */
export interface Trap {
  /** Also the truth of its calls. */
  readonly name: string;
  readonly calls: readonly Call[];
  /** How many wordings a person would count. */
  readonly versions: number;
}

const DAY_MS = 86_400_000;

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.int(list.length)]!;
}

const german =
  'Die Rechnung fehlt|Mein Paket kam beschädigt an|Ich möchte den Vertrag kündigen|Das Passwort geht nicht mehr|Wann öffnet die Filiale|Der Zähler zeigt Unsinn an'.split(
    '|',
  );
const germanTails =
  ', bitte helfen Sie mir| seit gestern| und keiner meldet sich| – schon zum dritten Mal|, Kundennummer folgt|'.split(
    '|',
  );
const french = 'Le colis|La facture|Mon abonnement|Le technicien|La commande|Le remboursement'.split('|');
const frenchTails =
  " n'est jamais arrivé| a été annulé hier| contient une erreur| est en retard de deux jours| me semble trop cher| reste bloqué".split(
    '|',
  );
const japanese =
  '配送が遅れました|とても良い商品でした|サイズが合いません|店員さんが親切でした|箱が壊れていました|また注文したいです'.split(
    '|',
  );
const japaneseTails =
  '。|。残念です。|。ありがとうございます。|。返品できますか。|。次回も利用します。|!'.split('|');
const chinese =
  '快递一直没有到|客服态度很好|屏幕有一条裂纹|价格比别家便宜|电池不到一天就没电|包装非常精美'.split('|');
const chineseTails = ',请尽快处理。|,下次还会再买。|,太让人失望了。|,推荐给朋友。|。|,想要退货。'.split('|');

function germanText(random: Random): string {
  return `${pick(random, german)}${pick(random, germanTails)} (${random.int(100_000)})`;
}
function frenchText(random: Random): string {
  return `${pick(random, french)}${pick(random, frenchTails)}, dossier ${random.int(100_000)}.`;
}
function japaneseText(random: Random): string {
  return `${pick(random, japanese)}${pick(random, japaneseTails)}注文番号${random.int(100_000)}`;
}
function chineseText(random: Random): string {
  return `${pick(random, chinese)}${pick(random, chineseTails)}订单${random.int(100_000)}`;
}

const roles =
  'You work through contracts for the legal desk of a mid-sized importer. The text below was scanned, so expect broken lines, stray page numbers and missing accents. Read all of it before you answer. Names are written as in the text, without titles. Do not translate anything. If the text names several, take the first. If it names none, answer with the single word NONE. Never explain yourself and never add punctuation that is not part of the name.';

/** Every trap with `count` calls each, all over the same weeks. */
export function traps(count: number): readonly Trap[] {
  const spread = { everyMs: Math.floor((28 * DAY_MS) / count) };
  const make = (
    name: string,
    build: (random: Random, index: number, atMs: number) => CallSpec,
    versions = 1,
    when: { from?: number; everyMs?: number } = spread,
  ): Trap => ({ name, versions, calls: stream(name, count, build, when) });
  const shops =
    'Sortiere die Nachricht in genau eine Kategorie ein.\n\nKategorien:\n- rechnung: Fragen zu Rechnungen und Zahlungen\n- lieferung: alles zum Versand\n- kündigung: Verträge beenden\n- technik: Störungen und Zugänge\n- sonstiges\n\nAntworte nur mit dem Namen der Kategorie.';
  return [
    make('German labels', (random) => {
      const user = germanText(random);
      return {
        system: shops,
        user,
        answer: pick(random, ['rechnung', 'lieferung', 'kündigung', 'technik', 'sonstiges']),
      };
    }),
    make('French fields', (random) => ({
      user: `Extrais du message suivant le sujet et l'urgence. Réponds uniquement en JSON, avec les clés "sujet" et "urgence" (faible, moyenne ou forte).\n\nMessage : ${frenchText(random)}\n\nJSON :`,
      answer: JSON.stringify({
        sujet: pick(random, french),
        urgence: pick(random, ['faible', 'moyenne', 'forte']),
      }),
    })),
    make('Japanese mood', (random) => ({
      system:
        '次のレビューの感情を判定してください。「肯定」「否定」「中立」のいずれか一語だけで答えてください。説明は不要です。',
      user: japaneseText(random),
      answer: pick(random, ['肯定', '否定', '中立']),
    })),
    make('Chinese in one message', (random) => ({
      user: `你是一名电商质检员。请判断下面的评论属于哪一类,只输出类别名称,不要解释。\n类别:物流、质量、价格、服务\n\n【评论】${chineseText(random)}\n【类别】`,
      answer: pick(random, ['物流', '质量', '价格', '服务']),
    })),
    make('prompt as JSON', (random) => ({
      user: JSON.stringify({
        task: 'route_ticket',
        instructions: 'Return the id of the team that should own this ticket.',
        teams: ['billing', 'platform', 'mobile', 'trust'],
        ticket: {
          id: `T-${random.int(1e6)}`,
          title: sentence(random),
          body: `${sentence(random)} ${sentence(random)}`,
        },
      }),
      answer: pick(random, ['billing', 'platform', 'mobile', 'trust']),
    })),
    make('prompt as YAML', (random) => ({
      system:
        'role: release-notes editor\nrules:\n  - one line per change\n  - past tense\n  - no ticket numbers',
      user: `repository: storefront\ncommit: ${random.int(1e9).toString(16)}\nauthor: ${person(random)}\nmessage: |\n  ${sentence(random)}\n  ${sentence(random)}`,
      answer: sentence(random),
    })),
    make('a word that says what is asked', (random) => ({
      system: roles,
      user: `Name the ${pick(random, ['buyer', 'seller'])}.\n\n<contract>\n${sentence(random)} ${sentence(random)}\n</contract>`,
      answer: `${person(random)} ${pick(random, ['Ltd', 'GmbH', 'SA'])} ${random.int(400)}`,
    })),
    make('the urgency of a note', (random) => ({
      system:
        'You help the night shift of a hospital laboratory. Read the note and grade its urgency. Answer with one word.',
      user: `Note: ${sentence(random)}\nOne of: routine, soon, now.`,
      answer: pick(random, ['routine', 'soon', 'now']),
    })),
    make('the ward of a note', (random) => ({
      system:
        'You help the night shift of a hospital laboratory. Read the note and name its ward. Answer with one word.',
      user: `Note: ${sentence(random)}\nOne of: surgery, maternity, oncology, emergency.`,
      answer: pick(random, ['surgery', 'maternity', 'oncology', 'emergency']),
    })),
    make('pasted prompts', (random) => ({
      system:
        'You check prompts that colleagues wrote for other systems. Say in one word whether the prompt is clear, vague or unsafe.',
      user: pick(random, [
        `${shops}\n\n${germanText(random)}`,
        `${roles}\nName the buyer.\n${sentence(random)}`,
        `Please look at this: ${sentence(random)}\n${sentence(random)}`,
      ]),
      answer: pick(random, ['clear', 'vague', 'unsafe']),
    })),
    make('nightly digest', (random, i) => ({
      at: START + Math.floor(i / 10) * DAY_MS + 2 * 3_600_000 + (i % 10) * 700,
      system: 'Summarise the log lines of the past day for the operations channel. Two sentences at most.',
      user: `day: ${new Date(START + Math.floor(i / 10) * DAY_MS).toISOString().slice(0, 10)}\n${sentence(random)}\n${sentence(random)}\n${sentence(random)}`,
      answer: `${sentence(random)} ${sentence(random)}`,
    })),
    make(
      'two wordings on trial',
      (random, i) => ({
        system:
          i % 2 === 0
            ? 'Decide how a parcel should travel. Look at the size, the weight and the promise made to the customer. Answer with exactly one of: van, bike, drone, pickup. Do not explain the choice.'
            : 'Decide how a parcel should travel. Look at the size, the weight and the promise made to the customer, in that order. Answer with exactly one of: van, bike, drone, pickup. Do not explain the choice, whatever the customer asks.',
        user: `Parcel: ${sentence(random)}`,
        answer: pick(random, ['van', 'bike', 'drone', 'pickup']),
      }),
      2,
    ),
    make('examples that rotate', (random, i) => {
      const day = Math.floor((i * spread.everyMs) / DAY_MS);
      return {
        system: `Give the calendar category of the entry: work, family, sport or other.\n\nExamples of today:\n- ${person(random).length > 0 ? `standup number ${day}` : ''} -> work\n- visit to aunt ${'ABCDEFG'[day % 7]} -> family\n- ${['swim', 'climb', 'run', 'row'][day % 4]} -> sport`,
        user: sentence(random),
        answer: pick(random, ['work', 'family', 'sport', 'other']),
      };
    }),
    ...['slogan', 'subject line', 'alt text'].map((what) =>
      make(`${what} below a generic system prompt`, (random) => ({
        system: 'You are a helpful assistant.',
        user: `Write a ${what} for the product described below. ${{ slogan: 'At most six words, no exclamation mark.', 'subject line': 'Mention the discount first, stay below fifty characters.', 'alt text': 'Describe what can be seen, for people who cannot see it.' }[what]}\n\nProduct: ${sentence(random)}`,
        answer: sentence(random),
      })),
    ),
    make('translation with a language slot', (random) => ({
      system:
        'You translate the interface of a chess program. Keep placeholders such as {name} and %d as they are.',
      user: `Target language: ${pick(random, ['German', 'Polish', 'Turkish', 'Korean'])}\nString: {name} ${sentence(random)} %d`,
      answer: sentence(random),
    })),
    make('tools of a warehouse', (random) => ({
      system: 'You drive the warehouse robot. Call exactly one tool.',
      tools: [tool('lift', { shelf: 'string' }), tool('scan', { code: 'string' }), tool('park', {})],
      toolChoice: 'required',
      user: sentence(random),
      toolCalls: [
        pick(random, [
          ['lift', { shelf: 'A' }],
          ['scan', { code: 'x' }],
          ['park', {}],
        ] as const),
      ],
    })),
    make('many turns', (random, i) => ({
      system:
        'You run a pen-and-paper adventure set in a lighthouse. Keep the mood eerie, end every turn with a question.',
      messages: [
        ...Array.from({ length: 2 * (i % 6) }, (_, k) =>
          message(k % 2 === 0 ? 'user' : 'assistant', sentence(random)),
        ),
        message('user', sentence(random)),
      ],
      answer: `${sentence(random)} ${sentence(random)}?`,
    })),
    make('four providers', (random, i) => {
      const text =
        'Tell whether the review talks about the food, the room or the staff of the inn. Reply with food, room or staff.';
      const user = sentence(random);
      const bare = i % 4 === 3;
      return {
        provider: i % 2 === 0 ? 'openai' : 'anthropic',
        model: ['gpt-x', 'claude-x', 'llama-x', 'gemini-x'][i % 4]!,
        ...(bare ? { system: [text] } : { system: text }),
        user,
        answer: pick(random, ['food', 'room', 'staff']),
      };
    }),
    make(
      'edited in the middle',
      (random, i) => ({
        system:
          i < count / 2
            ? 'Grade the essay of a pupil. Consider grammar, structure and ideas. Answer with a letter from A to E and nothing else.'
            : 'Grade the essay of a pupil. Consider grammar, structure and ideas, and mind the age of the pupil. Answer with a letter from A to F and nothing else.',
        user: `${sentence(random)} ${sentence(random)}`,
        answer: pick(random, i < count / 2 ? ['A', 'B', 'C', 'D', 'E'] : ['A', 'B', 'C', 'D', 'E', 'F']),
      }),
      2,
    ),
    make('code with braces', (random) => ({
      user: `Review this change. Reply with "approve" or "reject" on the first line, then one sentence.\n\n\`\`\`diff\n- if (a.${pick(random, ['x', 'y'])} > ${random.int(9)}) { return [/(\\d+)?/g, "${random.int(99)}"]; }\n+ return $\{${pick(random, ['total', 'sum'])}} * (${random.int(90)} + [${random.int(9)}]); // ${sentence(random)}\n\`\`\``,
      answer: `${pick(random, ['approve', 'reject'])}\n${sentence(random)}`,
    })),
  ];
}

/** Questions asked once, in several languages, and pieces of other people's prompts. */
export function oneOffs(count: number): Call[] {
  return stream('none', count, (random, i) => ({
    user: pick(random, [
      `${germanText(random)}?`,
      `what does ${sentence(random)} mean in ${pick(random, ['rust', 'sql', 'css'])} ${i}`,
      `${japaneseText(random)}?`,
      `${pick(random, ['fix', 'why', 'explain', 'hm', 'ok and'])} ${sentence(random)} ${random.int(1e6)}`,
      `${frenchText(random)}`,
    ]),
    answer: sentence(random),
  }));
}
